"""Small models with seeded weights, in every shape the config allows."""

from dataclasses import replace
from functools import cache

import torch
from PIL import Image
from torch import Generator, Tensor

from backbone.concepts import ConceptTokens, Routing
from backbone.config import BackboneConfig, ExpertConfig, PixelConfig, preset
from backbone.face import Backbone
from backbone.model import UnifiedModel
from backbone.packing import Item, LatentItem, TextItem, VitItem
from backbone.tokenizer import ByteTokenizer


def config(shape: str = "tiny") -> BackboneConfig:
    """Return the tiny preset, or a variation of it."""
    tiny = preset("tiny")
    trunk = tiny.trunk
    narrow = ExpertConfig(48, 64, 2, qk_norm=False, qkv_bias=False)
    shapes = {
        "tiny": tiny,
        "narrow": replace(tiny, trunk=replace(trunk, generation=narrow)),
        "partial": replace(
            tiny,
            trunk=replace(trunk, num_hidden_layers=4, generation=narrow, generation_layers=(1, 3)),
        ),
        "tied": replace(tiny, trunk=replace(trunk, tie_word_embeddings=True)),
        "apart": replace(
            tiny,
            trunk=replace(trunk, num_hidden_layers=4, generation=narrow, generation_layers=(1, 3)),
            und_sees_gen=False,
            latent_markers=False,
            prediction="data",
            grid_theta=100.0,
        ),
        "pixel": replace(tiny, autoencoder=PixelConfig(8, 6, 16, 1)),
    }
    return shapes[shape]


@cache
def model(shape: str = "tiny") -> UnifiedModel:
    """Return a frozen model with random weights, large enough to matter."""
    made = UnifiedModel(config(shape))
    generator = Generator().manual_seed(11)
    for name, parameter in made.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = 1 + 0.1 * noise if "norm" in name else 0.15 * noise
    return made.eval().requires_grad_(False)


def backbone(shape: str = "tiny") -> Backbone:
    """Return the face of such a model."""
    return Backbone(model(shape), ByteTokenizer())


def concept(
    name: str = "maeve", shape: str = "tiny", routing: Routing | None = None
) -> ConceptTokens:
    """Return tokens that differ from name to name."""
    generator = Generator().manual_seed(sum(name.encode()))
    return ConceptTokens.random(name, config(shape), generator, scale=0.5, routing=routing)


def noise(*shape: int, seed: int = 3) -> Tensor:
    """Return seeded normal numbers."""
    return torch.randn(shape, generator=Generator().manual_seed(seed))


def photo(width: int = 48, height: int = 32, seed: int = 7) -> Image.Image:
    """Return a photo of coloured noise."""
    levels = torch.rand(height, width, 3, generator=Generator().manual_seed(seed)) * 255
    return Image.fromarray(levels.to(torch.uint8).numpy())


def text(words: str, loss: bool = False) -> TextItem:
    """Return a text segment of bytes."""
    return TextItem(tuple(words.encode()), loss=loss)


def items(shape: str = "tiny") -> list[Item]:
    """Return one item of each kind, the noisy image last."""
    channels = model(shape).config.patch_latent_dim // 4
    return [
        VitItem(noise(3, 28, 42).clamp(-1, 1)),
        LatentItem(noise(channels, 4, 6, seed=4)),
        text("what is here?"),
        LatentItem(noise(channels, 6, 4, seed=5), noisy=True, t=0.6, noise=noise(6, 4 * channels)),
    ]
