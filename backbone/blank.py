"""Models before their weights: on the meta device, or with weights drawn from a seed."""

import hashlib

import torch
from torch import Tensor, nn

from backbone.config import BackboneConfig
from backbone.model import UnifiedModel
from backbone.whitening import WhitenedConnector

__all__ = ["blank_model", "random_model", "to_dtype"]


def blank_model(config: BackboneConfig, dtype: torch.dtype = torch.float32) -> UnifiedModel:
    """Build a model that has shapes and dtypes but no memory; the autoencoder is float32."""
    with torch.device("meta"):
        model = UnifiedModel(config)
    return to_dtype(model, dtype)


def random_model(config: BackboneConfig, seed: int = 0) -> UnifiedModel:
    """Build a float32 model whose weights follow from the seed and their names alone.

    So an understanding-only model has the same understanding weights as the whole one.
    Nothing is zero, so that even untrained weights give a picture: matrices are normal with
    deviation ``fan_in ** -0.5``, embeddings with 0.02, norms are 1 and biases 0. A pretrained
    encoder keeps its weights.
    """
    with torch.random.fork_rng(devices=[]):
        model = UnifiedModel(config)
    pretrained = getattr(config.vision, "pretrained", False)
    with torch.no_grad():
        for path, module in model.named_modules():
            if not (pretrained and path.startswith("vit_model")):
                _draw(path, module, seed)
    return model.requires_grad_(False).eval()


def to_dtype(model: UnifiedModel, dtype: torch.dtype) -> UnifiedModel:
    """Round a model to a dtype, all but its autoencoder (§22) and fixed maps of features.

    Both stay float32: whitening blows rounded means up.
    """
    model.to(dtype)
    if isinstance(model.connector, WhitenedConnector):
        model.connector.mean = model.connector.mean.float()
        model.connector.components = model.connector.components.float()
        model.connector.telling = model.connector.telling.float()
    if model.autoencoder is not None:
        model.autoencoder.float()
    return model


def _draw(path: str, module: nn.Module, seed: int) -> None:
    for name, weight in module.named_parameters(recurse=False):
        if isinstance(module, nn.Embedding):
            weight.copy_(0.02 * _normal(weight, f"{path}.{name}", seed))
        elif weight.dim() > 1:
            deviation = float(weight[0].numel() ** -0.5)
            weight.copy_(deviation * _normal(weight, f"{path}.{name}", seed))
        else:
            weight.fill_(0.0 if name == "bias" else 1.0)


def _normal(like: Tensor, name: str, seed: int) -> Tensor:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))
    return torch.randn(like.shape, generator=generator)
