"""How clearly a mask cuts a subject out: what makes one photo of several the one to draw from.

A segmentation that failed gives itself away: it is a box or an ellipse, runs into the border, is
frayed, or is in pieces.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from backbone.mini.scene import Mask

__all__ = ["clarity"]

# share of the photo from which on larger is not better
_ENOUGH = 0.15
# a mask that overlaps so much with its bounding box, or the ellipse in it, is no outline but a
# guess; what that leaves
_SAME, _GUESSED = 0.97, 0.2
# share of a photo's side by which the middle of a guess may be off
_OFF = 0.02


def clarity(mask: Mask) -> float:
    """Return from 0 to 1 how clearly a mask ``[H, W]`` looks like the outline of one thing."""
    area = int(mask.sum())
    if not area:
        return 0.0
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()
    points = np.argwhere(mask)[:, ::-1].astype(np.int32)
    hull = max(cv2.contourArea(cv2.convexHull(points)), 1.0)
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    largest = float(parts[1:, cv2.CC_STAT_AREA].max()) / area
    guessed = _GUESSED if _is_guess(mask, points) else 1.0
    size = min(1.0, area / (_ENOUGH * mask.size))
    return float((1 - border) ** 2 * min(area / hull, 1.0) * largest * size * guessed)


def _is_guess(mask: Mask, points: NDArray[np.int32]) -> bool:
    """Say whether a mask, whose ``points [n, 2]`` are given, is a box or an ellipse in the middle.

    Round things are ellipses as well, but hardly ever just in the middle of their photo.
    """
    left, top, width, height = cv2.boundingRect(points)
    inside = mask[top : top + height, left : left + width]
    if inside.mean() > _SAME:
        return True
    off = abs(2 * left + width - mask.shape[1]), abs(2 * top + height - mask.shape[0])
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ellipse = x**2 + y**2 <= 1
    same = (inside & ellipse).sum() > _SAME * (inside | ellipse).sum()
    return bool(same and max(off) <= _OFF * max(mask.shape))
