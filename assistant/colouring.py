"""Which colour a thing in photos mostly has, by its pixels: the small model only guesses."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from learning.masks import Segmenter

__all__ = ["main_colour"]

# photos that are looked at, with this longest side
_PHOTOS, _SIDE = 4, 384


def main_colour(segmenter: "Segmenter", photos: "Sequence[Image.Image]", kind: str = "") -> str:
    """Name the colour that most of the photos' subject has; "" without photos."""
    from backbone.mini.colours import colour_of
    from learning.masks import outline_all

    small = [photo.convert("RGB") for photo in photos[:_PHOTOS]]
    for photo in small:
        photo.thumbnail((_SIDE, _SIDE))
    told: Counter[str] = Counter()
    for photo, mask in zip(small, outline_all(segmenter, small, kind), strict=True):
        opaque = mask.inside.astype(np.uint8) * 255
        colour, share = colour_of(np.dstack([np.asarray(photo, np.uint8), opaque]))
        # a clear colour counts more than the largest of many
        told[colour] += round(100 * share)
    return told.most_common(1)[0][0] if told else ""
