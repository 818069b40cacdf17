"""Choose device and dtype once, and keep the reason for ``omni doctor``.

Precedence: arguments, then ``OMNI_DEVICE`` and ``OMNI_DTYPE``, then what the machine offers.
"""

import os
from dataclasses import dataclass

import torch

from omni_errors import InputError, ResourceError

__all__ = ["DTYPES", "Choice", "choose", "computes_bfloat16", "dtype_name", "mixed"]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_KINDS = ("cpu", "cuda", "mps")
# what CPUs that multiply bfloat16 say of themselves: x86's two ways, and ARM's
_NATIVE = ("avx512_bf16", "amx_bf16", "bf16")


@dataclass(frozen=True)
class Choice:
    """Hold where a model runs and in which precision, and why."""

    device: torch.device
    dtype: torch.dtype
    reason: str


def choose(
    device: str | None = None,
    dtype: str | None = None,
    *,
    stored: torch.dtype = torch.float32,
    fits: bool = True,
) -> Choice:
    """Choose where to run and how precisely.

    ``stored`` is the precision of the weights on disk. A CPU keeps it, except that bfloat16 is
    widened where the CPU does not multiply it and the weights ``fits`` in float32: without such
    instructions a picture takes four times as long, and the products of a gradient thirty times.

    Raises:
        InputError: if a name is none of the allowed ones.
        ResourceError: if the machine lacks the device.
    """
    place, why_place = _device(device)
    precision, why_precision = _dtype(dtype, place, stored, fits)
    return Choice(place, precision, f"{why_place}; {why_precision}")


def computes_bfloat16() -> bool:
    """Tell whether this CPU multiplies bfloat16 itself, and torch lets it."""
    able = torch.cpu.get_capabilities()
    return torch.backends.mkldnn.is_available() and any(able.get(name) for name in _NATIVE)


def mixed(kind: str = "cpu") -> torch.autocast:
    """Return the context in which weights in float32 work in bfloat16, where that is faster."""
    faster = kind != "cpu" or computes_bfloat16()
    return torch.autocast(kind, torch.bfloat16, enabled=faster)


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
            hint="`omni doctor` says what this machine has. What was set goes with "
            "`omni config unset device`.",
        )
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ResourceError(
            f"{origin} is {name!r}, but torch sees {torch.cuda.device_count()} CUDA GPUs.",
            hint="`omni config set device cpu`, or install a torch build for your GPU.",
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ResourceError(f"{origin} is 'mps', which this machine lacks.", hint="Use cpu.")
    return torch.device(kind, int(number or 0)) if kind == "cuda" else torch.device(kind)


def _dtype(
    asked: str | None, device: torch.device, stored: torch.dtype, fits: bool
) -> tuple[torch.dtype, str]:
    if asked:
        return _known(asked, "dtype"), f"{asked} was asked for"
    if name := os.environ.get("OMNI_DTYPE"):
        return _known(name, "OMNI_DTYPE"), f"OMNI_DTYPE is {name}"
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.bfloat16, "the GPU computes in bfloat16"
    if device.type == "cuda":
        return torch.float32, "the GPU has no bfloat16, so float32"
    if device.type == "cpu" and stored == torch.bfloat16 and not computes_bfloat16():
        if fits:
            return torch.float32, "the CPU does not multiply bfloat16, so float32"
        return stored, "bfloat16, slow on this CPU, since float32 would not fit in memory"
    return stored, f"{device.type} keeps {dtype_name(stored)} as stored"


def _known(name: str, origin: str) -> torch.dtype:
    if name not in DTYPES:
        raise InputError(
            f"{origin} is {name!r}; allowed are {' and '.join(DTYPES)}.",
            hint="For 8 or 4 bits: `omni config set quantize nf4`, or quantize='nf4' from Python. "
            "What was set goes with `omni config unset dtype`.",
        )
    return DTYPES[name]
