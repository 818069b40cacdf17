"""A GPU that runs out of memory is said in words, and is free again afterwards."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from omni_errors import ResourceError

__all__ = ["enough_memory"]


@contextmanager
def enough_memory() -> Iterator[None]:
    """Run what a model does.

    Raises:
        ResourceError: if a GPU has too little memory for it.
    """
    try:
        yield
    except RuntimeError as error:
        import torch

        if not isinstance(error, torch.OutOfMemoryError):
            raise
        # else what was computed so far would be kept along with it
        traceback.clear_frames(error.__traceback__)
        torch.cuda.empty_cache()
        raise ResourceError(
            "The GPU has too little memory for this.",
            hint="Close what else uses it, show fewer photos at once, or set fewer bits: "
            "`omni config set quantize nf4`.",
        ) from error
