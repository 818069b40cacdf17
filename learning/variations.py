"""Photos as they might have been taken: nearer, from the other side, in other light.

Few photos are learned by heart; of many variations what stays is the subject.
"""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageEnhance, ImageOps

from learning.masks import Mask

__all__ = ["vary"]

# the shortest side of a part, as a share of the photo's; how far light and colour may go
_LEAST, _LIGHT = 0.55, 0.25
# a part that is taken shows at least this share of the subject; tries until it does
_SHOWN, _TRIES = 0.8, 12


def vary(
    photos: Sequence[Image.Image],
    masks: Sequence[Mask] | None,
    number: int,
    rng: Generator,
) -> tuple[Image.Image, ...]:
    """Return ``number`` variations, of each photo in turn; parts keep what a mask shows."""
    if not photos:
        return ()
    made = []
    for count in range(number):
        which = count % len(photos)
        mask = masks[which] if masks is not None else None
        made.append(_varied(photos[which], mask, rng))
    return tuple(made)


def _varied(photo: Image.Image, mask: Mask | None, rng: Generator) -> Image.Image:
    part = photo.convert("RGB").crop(_part(photo.size, mask, rng))
    if rng.random() < 0.5:
        part = ImageOps.mirror(part)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        part = kind(part).enhance(float(rng.uniform(1 - _LIGHT, 1 + _LIGHT)))
    return part


def _part(size: tuple[int, int], mask: Mask | None, rng: Generator) -> tuple[int, int, int, int]:
    """Choose a part (left, top, right, bottom) that shows most of the subject, if there is one."""
    width, height = size
    for _ in range(_TRIES):
        wide, high = (max(int(side * rng.uniform(_LEAST, 1.0)), 1) for side in size)
        left, top = int(rng.integers(width - wide + 1)), int(rng.integers(height - high + 1))
        box = (left, top, left + wide, top + high)
        if mask is None or _shown(mask, size, box) >= _SHOWN:
            return box
    return (0, 0, width, height)


def _shown(mask: Mask, size: tuple[int, int], box: tuple[int, int, int, int]) -> float:
    """Return the share of a mask ``[H, W]`` that lies in a part of a picture of a size."""
    high, wide = mask.shape
    across, down = wide / size[0], high / size[1]
    rows = slice(int(box[1] * down), int(np.ceil(box[3] * down)))
    columns = slice(int(box[0] * across), int(np.ceil(box[2] * across)))
    whole = float(mask.sum())
    return float(mask[rows, columns].sum()) / whole if whole else 1.0
