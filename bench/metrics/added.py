"""What an edit added, told by where two pictures differ, and the colour that it has."""

import cv2
import numpy as np
from PIL import Image

from backbone.mini.colours import colour_of

__all__ = ["added_colour"]

# levels by which a picture differs where something is new, and pixels that are something
_DIFFERS, _FEWEST = 50, 30


def added_colour(before: Image.Image, after: Image.Image) -> str:
    """Name the colour of the largest piece that differs; "" if nothing does.

    Pictures of two sizes are compared at the second's.
    """
    new = np.asarray(after.convert("RGB"), np.uint8)
    was = np.asarray(before.convert("RGB").resize(after.size, Image.Resampling.LANCZOS), np.uint8)
    differs = np.abs(new.astype(np.int16) - was).max(axis=2) > _DIFFERS
    closed = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(closed)
    sizes = boxes[1:, cv2.CC_STAT_AREA]
    if count < 2 or sizes.max() < _FEWEST:
        return ""
    piece = (labels == 1 + int(sizes.argmax())) & differs
    return colour_of(np.dstack([new, piece.astype(np.uint8) * 255]))[0]
