"""Get a model ready to run: random, from a folder, or pulled from the hub.

Everything is checked before anything is loaded. Tensors are then read one by one straight into
a model that has no memory of its own yet, so that the peak is about the weights themselves. On
a CPU, weights that keep their dtype stay mapped to the file and are read when first used:
replace a model's files by renaming, never by writing into them while it runs.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor, nn

from backbone.blank import blank_model, random_model, to_dtype
from backbone.capacity import free_bytes, require_memory
from backbone.catalog import find_entry, names
from backbone.config import BackboneConfig, preset
from backbone.device import Choice, choose
from backbone.folder import read_config
from backbone.hub import pulled_folder
from backbone.inventory import TABLES, check_tensors, take_inventory
from backbone.model import UnifiedModel
from backbone.placement import DISK, MaxMemory, Places, on_disk, place_of, plan, spread
from backbone.quantize import KINDS, Shrink, quantize, shrinker, swap, trunk_linears
from backbone.safetensors_header import StoredTensor
from omni_errors import InputError

__all__ = ["LoadOptions", "load_model", "model_folder", "random_model"]

Stored = Mapping[str, StoredTensor]
_EMBEDDING = "language_model.model.embed_tokens.weight"
# bytes per weight, scales included (§23): one scale per row, or per 64 weights
_BYTES = {"int8": 1.01, "nf4": 0.5625}
# weights as they are stored
_WHOLE = "none"
# bytes from which a model counts as large
_LARGE = 2_000_000_000


@dataclass(frozen=True)
class LoadOptions:
    """Choose how a model is loaded; None leaves the choice to the machine."""

    # "cpu", "cuda", "cuda:1", "mps"
    device: str | None = None
    # "float32" or "bfloat16"; with quantize, bfloat16 unless said otherwise
    dtype: str | None = None
    # "int8" or "nf4": the trunk in fewer bits; None takes OMNI_QUANTIZE for a large model,
    # "none" is neither
    quantize: str | None = None
    # leave out all that makes pictures
    understanding_only: bool = False
    # "auto" spreads the layers over GPUs, main memory and disk
    placement: str = "single"
    # for "auto": bytes or texts such as "20GiB", by GPU number or "cpu"
    max_memory: MaxMemory | None = None
    # random weights follow from it; others ignore it
    seed: int = 0

    def __post_init__(self) -> None:
        if self.placement not in ("single", "auto"):
            raise InputError(f"placement is {self.placement!r}; allowed are single and auto.")
        _check_kind(self.quantize, "quantize")
        if self.quantize not in (None, _WHOLE) and self.placement == "auto":
            raise InputError("Quantised weights go to one device.", hint="Use placement='single'.")

    def settled(self, size: int = 0) -> "LoadOptions":
        """Return the options with quantising decided for weights of ``size`` bytes.

        What the environment says is for large models, and not for layers that are spread.
        """
        asked = os.environ.get("OMNI_QUANTIZE") or _WHOLE
        _check_kind(asked, "OMNI_QUANTIZE")
        large = size > _LARGE and self.placement == "single"
        kind = self.quantize or (asked if large else _WHOLE)
        return replace(self, quantize=None if kind == _WHOLE else kind)


def _check_kind(kind: str | None, origin: str) -> None:
    if kind not in (None, _WHOLE, *KINDS):
        allowed = ", ".join((_WHOLE, *KINDS))
        raise InputError(f"{origin} is {kind!r}; allowed are {allowed}.")


def load_model(
    source: str | Path,
    *,
    options: LoadOptions | None = None,
    free: Callable[[torch.device], int] = free_bytes,
) -> UnifiedModel:
    """Load a model by name or from a folder, frozen and in inference mode.

    ``free`` tells how many bytes a device has left.

    Raises:
        NotFoundError: if the source is neither a name nor a folder.
        FolderError: if a file is missing or unreadable.
        TensorError: if a tensor is missing, unknown or of another shape.
        TruncatedError: if a file is cut short.
        ResourceError: if memory, the device or a package is missing.
    """
    options = options or LoadOptions()
    folder = model_folder(source)
    if folder is None:
        return _load_random(str(source), options.settled(), free)
    config = read_config(folder)
    if str(source) in names():
        config = replace(config, name=str(source))
    draws = config.autoencoder is not None and not options.understanding_only
    stored = take_inventory(folder, autoencoder=draws)
    # two bytes for each, as large models are stored
    options = options.settled(sum(2 * prod(tensor.shape) for tensor in stored.values()))
    return _load_stored(_Plan.of(config, stored, folder, options, free), options, free)


def model_folder(source: str | Path) -> Path | None:
    """Return the folder of a model, or None if its weights come from a seed.

    A name beats a folder of the same name; write ``./name`` for the folder.

    Raises:
        NotFoundError: if the source is neither a name nor a folder.
        FolderError: if the model has not been pulled yet.
    """
    if isinstance(source, str) and source in names():
        entry = find_entry(source)
        if entry.wheel:
            from backbone.mini.installed import installed_folder

            return installed_folder()
        return pulled_folder(entry) if entry.hub else None
    path = Path(source).expanduser()
    if isinstance(source, str) and (not source or not path.is_dir()) and "/" not in source:
        find_entry(source)
    return path


def _load_random(
    name: str, options: LoadOptions, free: Callable[[torch.device], int]
) -> UnifiedModel:
    config = preset(name)
    config = config.understanding_only() if options.understanding_only else config
    choice = _choice(options, torch.float32)
    shrink = shrinker(options.quantize) if options.quantize else None
    require_memory(_bytes(blank_model(config), None), free(choice.device), choice.device)
    model = to_dtype(random_model(config, options.seed), choice.dtype).to(choice.device)
    if shrink:
        quantize(model, shrink)
    if options.placement == "auto":
        # Nothing lies in a file, so nothing can be left on disk.
        spread(model, _without_disk(plan(model, options.max_memory)), {})
    return model


def _without_disk(places: Places) -> Places:
    if DISK in places.values():
        raise InputError(
            "Random weights cannot be left on disk.", hint="Save the model, or raise max_memory."
        )
    return places


@dataclass(frozen=True)
class _Plan:
    """Hold what loading from files needs to know, all of it checked."""

    model: UnifiedModel
    stored: Stored
    choice: Choice
    shrink: Shrink | None
    # None: everything on the chosen device
    places: Places | None

    @classmethod
    def of(
        cls,
        config: BackboneConfig,
        stored: Stored,
        folder: Path,
        options: LoadOptions,
        free: Callable[[torch.device], int],
    ) -> "_Plan":
        whole = blank_model(config).state_dict()
        if options.understanding_only:
            config = config.understanding_only()
        kept = blank_model(config).state_dict()
        # Only what the whole model knows may be skipped; a stranger is refused all the same.
        wanted = {k: t for k, t in stored.items() if k in kept or k not in whole}
        check_tensors(wanted, {k: tuple(t.shape) for k, t in kept.items()}, folder)
        is_bf16 = stored[_EMBEDDING].dtype == "BF16"
        fits = sum(tensor.nbytes for tensor in kept.values()) <= free(torch.device("cpu"))
        choice = _choice(options, torch.bfloat16 if is_bf16 else torch.float32, fits)
        shrink = shrinker(options.quantize) if options.quantize else None
        model = blank_model(config, choice.dtype)
        places = plan(model, options.max_memory) if options.placement == "auto" else None
        return cls(model, wanted, choice, shrink, places)

    def device_of(self, path: str) -> torch.device | None:
        """Return the device of a part, or None if it stays on disk."""
        if self.places is None:
            return self.choice.device
        place = place_of(path, self.places)
        return None if place == DISK else torch.device(place)


def _choice(options: LoadOptions, stored: torch.dtype, fits: bool = True) -> Choice:
    dtype = options.dtype or ("bfloat16" if options.quantize else None)
    return choose(options.device, dtype, stored=stored, fits=fits)


def _load_stored(
    job: _Plan, options: LoadOptions, free: Callable[[torch.device], int]
) -> UnifiedModel:
    model, device = job.model, job.choice.device
    if job.places is None:
        require_memory(_bytes(model, options.quantize), free(device), device)
    dtypes = {key: tensor.dtype for key, tensor in model.state_dict().items()}
    shrinking = set(trunk_linears(model)) if job.shrink else set()
    with ExitStack() as stack:
        reader = _Reader(job.stored, stack)
        for path, module in list(model.named_modules()):
            _fill(path, module, job, reader)
            if job.shrink and path in shrinking:
                swap(model, path, job.shrink)
    model.fill_tables()
    model.requires_grad_(False).eval()
    if job.places is not None:
        files = {key: (t.file, t.name) for key, t in job.stored.items()}
        spread(model, job.places, on_disk(job.places, files, dtypes))
    return model


class _Reader:
    """Read tensors one by one, keeping each file open only while loading runs."""

    def __init__(self, stored: Stored, stack: ExitStack) -> None:
        self.stored, self.stack = stored, stack
        self.handles: dict[tuple[Path, str], Any] = {}

    def read(self, key: str, device: torch.device) -> Tensor:
        place = (self.stored[key].file, str(device))
        if place not in self.handles:
            opened = safe_open(place[0], framework="pt", device=place[1])
            self.handles[place] = self.stack.enter_context(opened)
        tensor: Tensor = self.handles[place].get_tensor(self.stored[key].name)
        return tensor


def _fill(path: str, module: nn.Module, job: _Plan, reader: _Reader) -> None:
    """Give one module its own tensors, in the dtypes the model was built with."""
    weights = list(module.named_parameters(recurse=False))
    buffers = list(module.named_buffers(recurse=False))
    device = job.device_of(path) if weights or buffers else None
    if device is None:
        return
    for name, weight in weights:
        tensor = reader.read(f"{path}.{name}", device).to(weight.dtype)
        setattr(module, name, nn.Parameter(tensor, requires_grad=False))
    for name, buffer in buffers:
        key = f"{path}.{name}"
        if key in TABLES:
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype, device=device))
        else:
            setattr(module, name, reader.read(key, device).to(buffer.dtype))


def _bytes(model: UnifiedModel, kind: str | None) -> int:
    """Count the bytes a model's weights will take."""
    small = {f"{name}.weight" for name in trunk_linears(model)} if kind else set()
    sizes = (
        tensor.numel() * (_BYTES[kind or ""] if key in small else tensor.element_size())
        for key, tensor in model.state_dict().items()
    )
    return int(sum(sizes))
