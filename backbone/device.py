"""Choose device and dtype once, and keep the reason for ``omni doctor``.

Precedence: arguments, then ``OMNI_DEVICE`` and ``OMNI_DTYPE``, then what the machine offers.
"""

import os
from dataclasses import dataclass

import torch

from omni_errors import InputError, ResourceError

__all__ = ["DTYPES", "Choice", "choose", "dtype_name"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_KINDS = ("cpu", "cuda", "mps")


@dataclass(frozen=True)
class Choice:
    """Hold where a model runs and in which precision, and why."""

    device: torch.device
    dtype: torch.dtype
    reason: str


def choose(
    device: str | None = None, dtype: str | None = None, *, stored: torch.dtype = torch.float32
) -> Choice:
    """Choose where to run and how precisely.

    ``stored`` is the precision of the weights on disk: a CPU keeps it, since rounding float32
    weights loses something there and widening bfloat16 ones only costs memory.

    Raises:
        InputError: if a name is none of the allowed ones.
        ResourceError: if the machine lacks the device.
    """
    place, why_place = _device(device)
    precision, why_precision = _dtype(dtype, place, stored)
    return Choice(place, precision, f"{why_place}; {why_precision}")


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype's name as options spell it."""
    return str(dtype).removeprefix("torch.")


def _device(asked: str | None) -> tuple[torch.device, str]:
    if asked:
        return _available(asked, "device"), f"{asked} was asked for"
    if name := os.environ.get("OMNI_DEVICE"):
        return _available(name, "OMNI_DEVICE"), f"OMNI_DEVICE is {name}"
    if torch.cuda.is_available():
        return torch.device("cuda", 0), "a CUDA GPU is there"
    return torch.device("cpu"), "no CUDA GPU is there"


def _available(name: str, origin: str) -> torch.device:
    kind, _, number = name.partition(":")
    if kind not in _KINDS or not (number.isdecimal() or name == kind):
        raise InputError(
            f"{origin} is {name!r}; allowed are cpu, cuda, cuda:0, cuda:1, … and mps.",
            hint="Run `omni doctor` to see what this machine has.",
        )
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ResourceError(
            f"{origin} is {name!r}, but torch sees {torch.cuda.device_count()} CUDA GPUs.",
            hint="Use cpu, or install a torch build for your GPU.",
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ResourceError(f"{origin} is 'mps', which this machine lacks.", hint="Use cpu.")
    return torch.device(kind, int(number or 0)) if kind == "cuda" else torch.device(kind)


def _dtype(asked: str | None, device: torch.device, stored: torch.dtype) -> tuple[torch.dtype, str]:
    if asked:
        return _known(asked, "dtype"), f"{asked} was asked for"
    if name := os.environ.get("OMNI_DTYPE"):
        return _known(name, "OMNI_DTYPE"), f"OMNI_DTYPE is {name}"
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16, "the GPU computes in bfloat16"
    if device.type == "cuda":
        return torch.float32, "the GPU has no bfloat16, so float32"
    return stored, f"{device.type} keeps {dtype_name(stored)} as stored"


def _known(name: str, origin: str) -> torch.dtype:
    if name not in DTYPES:
        raise InputError(
            f"{origin} is {name!r}; allowed are {' and '.join(DTYPES)}.",
            hint="For 8 or 4 bits choose quantize='int8' or 'nf4' instead.",
        )
    return DTYPES[name]
