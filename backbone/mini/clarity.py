"""How clearly a mask cuts a subject out: what makes one photo of several the one to draw from.

A segmentation that failed gives itself away: it is a box, runs into the border, is frayed, or is
in pieces.
"""

import cv2
import numpy as np

from backbone.mini.scene import Mask

__all__ = ["clarity"]

# share of the photo from which on larger is not better
_ENOUGH = 0.15
# share of its bounding box from which on a mask is no outline, and what that leaves
_BOX, _BOXED = 0.97, 0.2


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
    _, _, width, height = cv2.boundingRect(points)
    boxed = _BOXED if area > _BOX * width * height else 1.0
    size = min(1.0, area / (_ENOUGH * mask.size))
    return float((1 - border) ** 2 * min(area / hull, 1.0) * largest * size * boxed)
