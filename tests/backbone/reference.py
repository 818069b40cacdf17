"""The reference model's numbers, and our model with its weights.

The folder comes from ``OMNI_PARITY_FIXTURES``; every size is read from the files in it.
"""

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.testing import assert_close

from backbone.concepts import ConceptTable
from backbone.context import Context
from backbone.drawing import Contexts, FlowOptions, Part, PromptReader, guidance_contexts
from backbone.flow import Guidance
from backbone.images import resize, to_pixels
from backbone.latents import latents_to_tokens
from backbone.loading import LoadOptions, load_model
from backbone.model import UnifiedModel
from backbone.packing import EDIT, IMAGE, Item, LatentItem, TextItem, VitItem
from backbone.training import Sample

DEFAULT = Path(__file__).parents[1] / "fixtures" / "bagel_tiny"
FOLDER = Path(os.environ.get("OMNI_PARITY_FIXTURES", DEFAULT))


@cache
def cases() -> dict[str, Any]:
    """Return the scalars of all cases."""
    data: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text("utf8"))
    return data


def names(start: str) -> list[str]:
    """List the cases whose name begins so."""
    return [name for name in cases() if name.startswith(start)]


@cache
def tensors(case: str) -> dict[str, Tensor]:
    """Return the tensors of a case."""
    return load_file(FOLDER / "cases" / f"{case}.safetensors")


def tolerance(name: str, kind: str = "atol") -> float:
    """Return a stated tolerance."""
    return float(cases()["_tolerance"][kind][name])


def close(ours: Tensor, theirs: Tensor, atol: float) -> None:
    """Demand equality up to an absolute tolerance."""
    assert_close(ours.float(), theirs.float(), atol=atol, rtol=0)


@cache
def model() -> UnifiedModel:
    """Load the reference's weights through the loader for official folders."""
    return load_model(FOLDER, options=LoadOptions(dtype="float32", device="cpu"))


def trainable() -> UnifiedModel:
    """Load a copy whose weights take gradients."""
    fresh = load_model(FOLDER, options=LoadOptions(dtype="float32", device="cpu"))
    for part in fresh.children():
        part.requires_grad_(part is not fresh.autoencoder)
    return fresh


def table() -> ConceptTable:
    """Return a table with no concept in play."""
    return ConceptTable(model().config.trunk.vocab_size)


def text(ids: Tensor) -> TextItem:
    """Make a text segment of stored ids."""
    return TextItem(tuple(ids.tolist()))


def photo(levels: Tensor) -> Image.Image:
    """Make an image of stored levels."""
    return Image.fromarray(levels.numpy())


def pixels(levels: Tensor) -> Tensor:
    """Make pixels of stored levels, without resizing."""
    return to_pixels(photo(levels))


def source_part(levels: Tensor, noise: Tensor | None = None) -> Part:
    """Make the two items of a source image as the pipeline does."""
    config, autoencoder = model().config, model().autoencoder
    assert autoencoder is not None
    resized = resize(photo(levels), config.vae_transform)
    with torch.no_grad():
        latent = autoencoder.encode(to_pixels(resized)[None], noise=noise)[0]
    return Part(
        (LatentItem(latent), VitItem(to_pixels(resize(resized, config.vit_transform)))), "image"
    )


def text_part(ids: Tensor, kind: str = "text") -> Part:
    """Make a part of stored ids."""
    return Part((text(ids),), kind)


def contexts(*parts: Part) -> Contexts:
    """Read parts into the three contexts."""
    return guidance_contexts(PromptReader(model(), table()), parts)


def cached(context: Context) -> tuple[Tensor, Tensor]:
    """Return keys and values as the fixtures store them: [layers, tokens, kv heads, head size]."""
    layers = [context.cache.at(i) for i in range(len(context.cache.layers))]
    keys = torch.stack([k[0].transpose(0, 1) for k, _ in layers])
    return keys, torch.stack([v[0].transpose(0, 1) for _, v in layers])


def flow_options(case: dict[str, Any]) -> FlowOptions:
    """Return a case's sampling options."""
    guidance = Guidance(
        case["cfg_text_scale"],
        case["cfg_img_scale"],
        tuple(case["cfg_interval"]),
        case["cfg_renorm_type"],
        case["cfg_renorm_min"],
    )
    return FlowOptions(case["num_timesteps"], case["timestep_shift"], guidance)


def tokens_of(latent: Tensor) -> Tensor:
    """Return the tokens [h * w, P] of a latent [1, z, Hl, Wl]."""
    return latents_to_tokens(latent, model().config.latent_patch_size)[0]


def training_samples(case: str) -> list[Sample]:
    """Rebuild the packed samples of a training case from its stored tensors."""
    stored = _Stored(case)
    return [stored.sample(name) for name in cases()[case]["samples"]]


class _Stored:
    """Reads a training case's images in the order they were packed."""

    def __init__(self, case: str) -> None:
        self.case, self.tensors = cases()[case], tensors(case)
        self.vit = iter(
            self.tensors["packed_vit_tokens"].split(self.tensors["vit_token_seqlens"].tolist())
        )
        self.image = 0
        self.token = 0

    def sample(self, name: str) -> Sample:
        plan = self.case["plans"][name]
        texts, sizes = iter(plan["text_ids"]), iter(plan["image_hw"])
        task = EDIT if plan["plan"][0]["type"] == "vae_image" else IMAGE
        items: list[Item] = []
        for step in plan["plan"]:
            if step["type"] == "text":
                items.append(TextItem(tuple(next(texts)), loss=bool(step["loss"])))
            elif step["type"] == "vit_image":
                items.append(VitItem(self._vit(*next(sizes))))
            else:
                next(sizes)
                items.append(self._latent(bool(step["loss"]), task))
        return Sample(tuple(items))

    def _vit(self, height: int, width: int) -> Tensor:
        vision = model().config.vision
        assert vision is not None
        p = vision.patch_size
        patches: Tensor = next(self.vit)
        blocks = patches.view(height // p, width // p, p, p, -1)
        return blocks.permute(4, 0, 2, 1, 3).reshape(-1, height, width)

    def _latent(self, noisy: bool, task: str) -> LatentItem:
        h, w = self.case["latent_shapes"][self.image]
        side = model().config.latent_patch_size
        latent = self.tensors["padded_latent"][self.image][:, : h * side, : w * side]
        here = slice(self.token, self.token + h * w)
        self.image, self.token = self.image + 1, self.token + h * w
        item = LatentItem(latent, noisy=noisy, task=task)
        if not noisy:
            return item
        return replace(item, t=float(self.tensors["t"][here][0]), noise=self.tensors["noise"][here])
