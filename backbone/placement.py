"""Spread a model over several GPUs, main memory and disk, with accelerate (§23).

Only the decoder's layers move, each whole. All else stays on the first device: embeddings, the
ways in and out and the vision encoder meet there, and are small beside the layers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from backbone.budget import working_bytes
from backbone.capacity import gigabytes
from backbone.model import UnifiedModel
from omni_errors import InputError, ResourceError

__all__ = ["DISK", "MaxMemory", "Places", "plan", "place_of", "spread"]

DISK = "disk"
Places = dict[str, int | str]
# bytes, or texts such as "20GiB", by GPU number or "cpu"
MaxMemory = Mapping[int | str, int | str]
_LAYERS = "language_model.model.layers"


def plan(model: UnifiedModel, max_memory: MaxMemory | None = None) -> Places:
    """Say where each part of a model goes; weights are not needed yet.

    Raises:
        ResourceError: if what cannot move does not fit the first device.
    """
    from accelerate import infer_auto_device_map
    from accelerate.utils import get_max_memory

    try:
        memory: dict[int | str, int] = get_max_memory(dict(max_memory) if max_memory else None)
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"max_memory is {max_memory!r}; allowed are GPU numbers of this machine and 'cpu', "
            "with bytes or texts such as '20GiB'."
        ) from error
    if max_memory is None:
        memory = _with_room(model, memory)
    first = next(iter(memory))
    fixed = _fixed_parts(model)
    needed = sum(_bytes(model.get_submodule(name)) for name in fixed)
    if needed > memory[first]:
        raise ResourceError(
            f"What cannot be spread needs {gigabytes(needed)} on {first}, but "
            f"{gigabytes(memory[first])} are free.",
            hint="Load with understanding_only, or with quantize='nf4'.",
        )
    memory[first] -= needed
    layers = model.get_submodule(_LAYERS)
    inferred = infer_auto_device_map(
        layers, memory, no_split_module_classes=["DecoderLayer"], clean_result=False
    )
    moving = {f"{_LAYERS}.{name}": place_of(name, inferred) for name, _ in layers.named_children()}
    return {**dict.fromkeys(fixed, first), **moving}


def _with_room(model: UnifiedModel, memory: dict[int | str, int]) -> dict[int | str, int]:
    """Leave room on GPUs for more than weights; where none was asked for, all that is free counts.

    Every GPU holds the keys and values of its layers, which are at most all of them.
    """
    needed = working_bytes(model)
    return {
        place: max(free - needed, 0) if isinstance(place, int) else free
        for place, free in memory.items()
    }


def place_of(name: str, places: Mapping[str, int | str]) -> int | str:
    """Return the place of a part: its own, or that of the nearest part around it."""
    while name not in places:
        if not name:
            raise KeyError("the plan leaves a part out")
        name = name.rpartition(".")[0]
    return places[name]


def spread(model: UnifiedModel, places: Places, on_disk: Mapping[str, Mapping[str, str]]) -> None:
    """Attach the hooks that move inputs and weights to where a part runs.

    ``on_disk`` tells for each tensor left on disk its ``safetensors_file``, ``weight_name`` and
    ``dtype``; it is read from the model's own folder whenever its layer runs.
    """
    from accelerate import dispatch_model

    dispatch_model(model, places, offload_index=dict(on_disk) or None)


def on_disk(
    places: Places, tensors: Mapping[str, tuple[Path, str]], dtypes: Mapping[str, torch.dtype]
) -> dict[str, dict[str, str]]:
    """Index the tensors a plan leaves on disk, for `spread`."""
    return {
        key: {
            "safetensors_file": str(file),
            "weight_name": name,
            "dtype": str(dtypes[key]).removeprefix("torch."),
        }
        for key, (file, name) in tensors.items()
        if key in dtypes and place_of(key, places) == DISK
    }


def _fixed_parts(model: UnifiedModel) -> list[str]:
    """Name all parts but the layers, as far down as the layers force it."""
    inside = ("language_model", "language_model.model")
    names = [name for name, _ in model.named_children() if name not in inside]
    for around in inside:
        children: Any = model.get_submodule(around).named_children()
        names += [f"{around}.{name}" for name, _ in children]
    return [name for name in names if name not in (*inside, _LAYERS)]


def _bytes(module: nn.Module) -> int:
    tensors = [*module.parameters(), *module.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
