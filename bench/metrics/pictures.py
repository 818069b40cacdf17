"""What can be said of a picture alone: whether there is anything in it."""

import numpy as np
from PIL import Image

__all__ = ["detail", "is_blank"]

# levels of 255; a scene of one colour with noise of a camera stays below
_BLANK = 2.0


def is_blank(image: Image.Image) -> bool:
    """Tell whether a picture is one colour, as good as."""
    levels = np.asarray(image.convert("L"), np.float64)
    return bool(levels.std() < _BLANK)


def detail(image: Image.Image) -> float:
    """Return the mean difference of neighbouring pixels, in levels of 255."""
    levels = np.asarray(image.convert("L"), np.float64)
    across, down = np.abs(np.diff(levels, axis=1)), np.abs(np.diff(levels, axis=0))
    return float((across.mean() + down.mean()) / 2)
