"""How much memory a device has left, and refusing what does not fit."""

import psutil
import torch

from omni_errors import ResourceError

__all__ = ["free_bytes", "gigabytes", "require_memory"]


def free_bytes(device: torch.device) -> int:
    """Tell how many bytes can still be taken on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def gigabytes(size: int) -> str:
    """Write a number of bytes for people, in units of 10^9."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def require_memory(needed: int, free: int, device: torch.device) -> None:
    """Refuse weights that do not fit.

    Raises:
        ResourceError: if fewer bytes are free than needed.
    """
    if needed > free:
        raise ResourceError(
            f"The weights need {gigabytes(needed)} on {device}, but {gigabytes(free)} are free.",
            hint="Set fewer bits: `omni config set quantize nf4`. From Python: quantize='nf4', "
            "understanding_only or placement='auto'.",
        )
