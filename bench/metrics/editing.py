"""Edits: a judge's marks as VIEScore counts them, and what can be checked without a judge.

Letters: ``H W`` pixels.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.metrics.encoders import ImageEncoder

__all__ = ["EditScore", "Mask", "distance_outside", "edit_score", "flipped"]
__all__ += ["ssim_map", "ssim_outside"]

Mask = NDArray[np.bool_]
Levels = NDArray[np.float64]
# Wang et al. 2004: a Gaussian window of 11 pixels, sigma 1.5; constants for levels of 255
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(frozen=True)
class EditScore:
    """Semantic consistency and perceptual quality, 0 to 1, and their two means.

    ``mean`` is the paper's Avg; ``geometric`` is VIEScore's overall.
    """

    sc: float
    pq: float
    mean: float
    geometric: float


def edit_score(
    success: float, restraint: float, naturalness: float, artefacts: float, *, top: float = 10.0
) -> EditScore:
    """Combine four marks out of ``top``: the worse of each pair counts."""
    sc, pq = min(success, restraint) / top, min(naturalness, artefacts) / top
    return EditScore(sc, pq, (sc + pq) / 2, math.sqrt(sc * pq))


def ssim_map(first: Levels, second: Levels) -> Levels:
    """Return the structural similarity at each pixel of grey levels ``[H, W]``."""
    mean_1, mean_2 = _blurred(first), _blurred(second)
    var_1 = _blurred(first * first) - mean_1 * mean_1
    var_2 = _blurred(second * second) - mean_2 * mean_2
    shared = _blurred(first * second) - mean_1 * mean_2
    light = (2 * mean_1 * mean_2 + _C1) / (mean_1**2 + mean_2**2 + _C1)
    structure = (2 * shared + _C2) / (var_1 + var_2 + _C2)
    return np.asarray(light * structure)


def _blurred(levels: Levels) -> Levels:
    border = cv2.BORDER_REFLECT
    return np.asarray(cv2.GaussianBlur(levels, (_WINDOW, _WINDOW), _SIGMA, borderType=border))


def ssim_outside(source: Image.Image, edited: Image.Image, mask: Mask) -> float | None:
    """Return the mean structural similarity where ``mask [H, W]`` is false; None without any.

    The mask is of the source; the edited picture is scaled to it. Where a window reaches into
    the mask nothing is compared, since what may change there would count.
    """
    near = cv2.dilate(mask.astype(np.uint8), np.ones((_WINDOW, _WINDOW), np.uint8)) > 0
    if near.all():
        return None
    pair = [_grey(image, source.size) for image in (source, edited)]
    return float(ssim_map(*pair)[~near].mean())


def distance_outside(
    encoder: ImageEncoder, source: Image.Image, edited: Image.Image, mask: Mask
) -> float | None:
    """Return 1 - cosine of both pictures where ``mask [H, W]`` is false; None without any.

    Inside it both show the source. It stands in for LPIPS, whose weights are only given as
    pickled files; it is never called that.
    """
    if mask.all():
        return None
    pair = [np.asarray(image.convert("RGB")) for image in (source, edited.resize(source.size))]
    pair[1] = np.where(mask[..., None], pair[0], pair[1])
    first, second = encoder.embed([Image.fromarray(pixels) for pixels in pair])
    return float(1 - first @ second)


def _grey(image: Image.Image, size: tuple[int, int]) -> Levels:
    fitted = image.convert("RGB")
    if fitted.size != size:
        fitted = fitted.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(fitted.convert("L"), np.float64)


def flipped(before: float, after: float) -> bool | None:
    """Tell whether recognition turned from yes to no; None if it was not yes to begin with.

    Both are log p(yes) - log p(no).
    """
    return None if before <= 0 else after <= 0
