"""Which cut-outs to trust: an outline that took in the sofa differs from those that did not."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.mini.objects import Subject
from learning.edit_pairs import subject_of
from learning.masks import SubjectMask

__all__ = ["choose_cutouts"]


def choose_cutouts(
    photos: Sequence[Image.Image],
    masks: Sequence[SubjectMask],
    class_word: str,
    *,
    side: int = 144,
    most: int = 4,
) -> tuple[Subject, ...]:
    """Cut out the subjects whose colours agree best among all; guessed masks only if none else.

    Of three or more, the half that agrees least is left out.
    """
    pairs = list(zip(photos, masks, strict=True))
    outlined = [pair for pair in pairs if pair[1].outlined] or pairs
    colours = [_colours(photo, mask) for photo, mask in outlined]
    usual = np.median(colours, axis=0)
    strange = [float(np.abs(each - usual).sum()) for each in colours]
    number = len(outlined) if len(outlined) < 3 else -(-len(outlined) // 2)
    best = sorted(range(len(outlined)), key=lambda n: strange[n])[: min(number, most)]
    return tuple(
        subject_of(outlined[n][0], outlined[n][1].inside, class_word, side) for n in sorted(best)
    )


def _colours(photo: Image.Image, mask: SubjectMask) -> NDArray[np.float64]:
    """Count hues, saturations and shades inside a mask as shares."""
    hsv = np.asarray(cv2.cvtColor(np.asarray(photo.convert("RGB")), cv2.COLOR_RGB2HSV))
    inside = hsv[mask.inside]
    bins = inside // np.array([15, 64, 64], np.uint8)
    numbers = (bins[:, 0].astype(np.int64) * 4 + bins[:, 1]) * 4 + bins[:, 2]
    counts = np.bincount(numbers, minlength=12 * 16)
    return np.asarray(counts / max(counts.sum(), 1), np.float64)
