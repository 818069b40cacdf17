"""DreamBooth on this backbone: low-rank updates of the generation expert, learned from photos.

The subject is called "sks dog"; no rows are added. While the updates are in place the model is
another one, so they are put in for one block and taken out again, bit by bit.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save
from torch import Generator, Tensor
from torch.nn import Parameter
from torch.optim import AdamW

from backbone.face import Backbone
from backbone.mini.lora import LoraLinear, LoraOptions, add_lora
from learning.batches import noise_of
from learning.checkpoint import CheckpointError, backbone_id
from learning.examples import Material
from learning.presets import Recipe

__all__ = ["RARE", "learn_updates", "read_updates", "with_updates"]

# the rare word of the DreamBooth paper
RARE = "sks"
_PROJECTIONS = ("q_proj_moe_gen", "k_proj_moe_gen", "v_proj_moe_gen", "o_proj_moe_gen")
_RANK, _ALPHA, _RATE = 8, 16.0, 5e-4


def _options(face: Backbone) -> LoraOptions:
    """Take every layer that has a generation expert."""
    layers = face.model.language_model.model.layers
    having = [
        number
        for number, layer in enumerate(layers)
        if hasattr(layer.get_submodule("self_attn"), _PROJECTIONS[0])
    ]
    attention = layers[having[0]].get_submodule("self_attn") if having else None
    # a model whose generation expert shares the trunk's keys has fewer of its own
    own = tuple(name for name in _PROJECTIONS if hasattr(attention, name))
    return LoraOptions(_RANK, (), (), own, tuple(having))


@contextmanager
def _wrapped(face: Backbone) -> Iterator[dict[str, Parameter]]:
    """Put updates of zero in, and take them out again."""
    options = _options(face)
    found = add_lora(face.model, Generator().manual_seed(0), options)
    try:
        yield found
    finally:
        for layer in face.model.language_model.model.layers:
            attention = layer.get_submodule("self_attn")
            for name, module in list(attention.named_children()):
                if isinstance(module, LoraLinear):
                    setattr(attention, name, module.base)


def learn_updates(
    face: Backbone, material: Material, recipe: Recipe, on_step: Callable[[int, int], None]
) -> tuple[bytes, dict[str, Any]]:
    """Learn from photos called "a photo of sks dog"; return the updates and their record."""
    text = f"a photo of {RARE} {material.class_word}"
    # as many examples a step as methods with rows have, but for texts alone
    batch = recipe.questions + recipe.drawings + recipe.edits
    samples = [face.examples.drawing(text, photo) for photo in material.photos]
    losses: list[float] = []
    with _wrapped(face) as updates:
        rows = list(updates.values())
        optimizer = AdamW(rows, lr=_RATE, weight_decay=recipe.weight_decay)
        for step in range(recipe.steps):
            rng = np.random.default_rng([recipe.seed, step])
            chosen = [[samples[int(rng.integers(len(samples)))]] for _ in range(batch)]
            with torch.enable_grad():
                loss = face.losses(chosen, noise_of(recipe, step)).total
                found = torch.autograd.grad(loss, rows, allow_unused=True)
            for row, gradient in zip(rows, found, strict=True):
                row.grad = gradient
            torch.nn.utils.clip_grad_norm_(rows, recipe.clip)
            optimizer.step()
            losses.append(float(loss.detach()))
            on_step(step + 1, recipe.steps)
        data = save({name: p.detach().contiguous().clone() for name, p in updates.items()})
    record = {
        "backbone": backbone_id(face),
        "sha256": hashlib.sha256(data).hexdigest(),
        "recipe": asdict(recipe) | {"rank": _RANK, "alpha": _ALPHA, "rate": _RATE},
        "losses": {"image": sum(losses[-50:]) / max(len(losses[-50:]), 1)},
        "steps": recipe.steps,
    }
    return data, record


def read_updates(data: bytes, record: Mapping[str, Any], face: Backbone) -> dict[str, Tensor]:
    """Read updates back.

    Raises:
        CheckpointError: if they belong to another model, or are damaged.
    """
    if record.get("backbone") != backbone_id(face):
        raise CheckpointError("The updates belong to another model.")
    if record.get("sha256") != hashlib.sha256(data).hexdigest():
        raise CheckpointError("The updates are not those their record speaks of.")
    return load(data)


@contextmanager
def with_updates(face: Backbone, updates: Mapping[str, Tensor]) -> Iterator[None]:
    """Run a block with updates in place."""
    with _wrapped(face) as found, torch.no_grad():
        for name, parameter in found.items():
            parameter.copy_(updates[name])
        yield
