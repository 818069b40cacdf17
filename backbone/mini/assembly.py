"""omni-mini while it is being trained: its parts, from their folders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from backbone.blank import random_model
from backbone.concepts import ConceptTable, ConceptTokens
from backbone.config import BackboneConfig, preset
from backbone.device import choose
from backbone.llama import load_llama
from backbone.mini.assets import load_assets
from backbone.mini.autoencoding import averaged
from backbone.mini.lora import add_found
from backbone.mini.pixels import Bytes
from backbone.mini.row_encoder import RowEncoder
from backbone.mini.trunk import read_trunk
from backbone.mini.world import World
from backbone.model import UnifiedModel
from backbone.tokenizer import FolderTokenizer, Tokenizer
from backbone.words import Words
from omni_errors import FolderError

__all__ = ["Parts", "merge_updates", "mini_config", "open_model", "open_parts", "placeholder"]
__all__ += ["shares"]


def mini_config() -> BackboneConfig:
    """Read omni-mini's sizes."""
    return preset("omni-mini")


@dataclass(frozen=True)
class Parts:
    """The model with its tokenizer, and what writes rows for it."""

    model: UnifiedModel
    tokenizer: Tokenizer
    words: Words
    rows: RowEncoder

    def trainable(self) -> dict[str, nn.Parameter]:
        """Return what the generation stage trains, by name."""
        starts = ("vae2llm", "llm2vae", "time_embedder")
        chosen = {
            name: parameter
            for name, parameter in self.model.named_parameters()
            if "_moe_gen" in name or name.startswith(starts)
        }
        chosen |= {f"rows.{name}": parameter for name, parameter in self.rows.named_parameters()}
        for parameter in chosen.values():
            parameter.requires_grad_()
        return chosen

    def to(self, device: torch.device | str) -> None:
        """Move to a device, in place."""
        self.model.to(device)
        self.rows.to(device)

    def matrices(self) -> tuple[str, ...]:
        """Name the matrices inside the generation expert, whose steps are made orthogonal."""
        named = self.trainable().items()
        return tuple(name for name, p in named if "_moe_gen" in name and p.dim() == 2)

    def world(self, assets: Path) -> World:
        """Open the world at the size the model draws."""
        return World(load_assets(assets), size=self.model.config.default_image_size[0])

    @torch.no_grad()
    def encode(self, pictures: Sequence[Bytes]) -> Tensor:
        """Encode pictures ``[S, S, 3]`` as scaled latents ``[n, z, S / 8, S / 8]``."""
        if self.model.autoencoder is None:
            raise ValueError("omni-mini has an autoencoder")
        stacked = torch.from_numpy(np.stack(pictures)).to(self.model.device)
        pixels = stacked.permute(0, 3, 1, 2).float() / 127.5 - 1
        return self.model.autoencoder.encode(pixels).float()

    def placeholder(self) -> ConceptTokens:
        """Make the concept every example calls ``<sks>``."""
        return placeholder(self.model, self.tokenizer)

    def write_rows(self, crops: Tensor, masks: Sequence[Bytes]) -> Tensor:
        """Write generation rows ``[n, 16, Dg]`` from latents and masks of crops."""
        inside = torch.from_numpy(np.stack(masks)).float()[:, None] / 255
        rows: Tensor = self.rows(crops, shares(inside))
        return rows


def shares(inside: Tensor) -> Tensor:
    """Return the share of every latent ``[n, 1, h, w]`` that is inside masks of pixels."""
    return nn.functional.avg_pool2d(inside, 8)


def open_model(trunk: Path) -> UnifiedModel:
    """Build the model around the converted trunk, in bf16 if that is fast; all else is fresh."""
    model = random_model(mini_config(), seed=3)
    dtype = choose(stored=torch.bfloat16).dtype
    load_llama(model.language_model, read_trunk(trunk))
    for name, parameter in model.language_model.named_parameters():
        if "_moe_gen" not in name:
            parameter.data = parameter.data.to(dtype)
    return model


@torch.no_grad()
def merge_updates(model: UnifiedModel, run: Path) -> None:
    """Merge the averaged low-rank updates of a run into the language model.

    Raises:
        FolderError: if the run has saved nothing yet.
    """
    path = run / "state.safetensors"
    if not path.is_file():
        raise FolderError(f"{run} has no state.safetensors.", hint="Let the run save first.")
    start, tensors = "average/lora.", load_file(path)
    found = {k.removeprefix(start): t for k, t in tensors.items() if k.startswith(start)}
    add_found(model, found)


def open_parts(trunk: Path, autoencoder: Path, understanding: Path | None = None) -> Parts:
    """Add the trained autoencoder and what writes rows to a fresh model.

    With a run of the understanding stage the language model is the one that stage made.
    """
    model = open_model(trunk)
    if understanding is not None:
        merge_updates(model, understanding)
    config = model.config
    model.autoencoder = averaged(autoencoder).requires_grad_(False)
    tokenizer = FolderTokenizer(trunk)
    channels = config.patch_latent_dim // config.latent_patch_size**2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        rows = RowEncoder(channels, config.gen_width)
    return Parts(model, tokenizer, Words(model, tokenizer), rows)


def placeholder(model: UnifiedModel, tokenizer: Tokenizer) -> ConceptTokens:
    """Make the concept texts call ``<sks>``; its generation rows are filled in later.

    Its name row is the embedding of "it", so that the language model reads a plain word.
    """
    plain = ConceptTable(model.config.trunk.vocab_size)
    word = model.embed_ids(tokenizer.encode(" it")[:1], plain).float()
    und = torch.zeros(0, model.config.trunk.understanding.hidden_size)
    gen = torch.zeros(16, model.config.gen_width)
    return ConceptTokens("sks", sks=word, und=und, gen=gen, out=word)
