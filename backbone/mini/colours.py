"""Colour names: which one a cut-out has, and cut-outs given another.

Eleven basic English colour words; the largest group of opaque pixels names the thing.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from backbone.mini.pixels import Bytes, to_bytes

__all__ = ["COLOURS", "colour_of", "hue_shifted", "tinted"]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "orange": (240, 138, 36),
    "yellow": (246, 208, 50),
    "green": (62, 160, 70),
    "blue": (46, 104, 214),
    "purple": (134, 72, 186),
    "pink": (242, 134, 182),
    "brown": (128, 82, 46),
    "black": (38, 38, 42),
    "white": (240, 240, 238),
    "grey": (136, 138, 142),
}
_NAMES = tuple(COLOURS)
_HUES = ((8, "red"), (22, "orange"), (34, "yellow"), (85, "green"), (128, "blue"), (150, "purple"))


def _hue_index(hue: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Number the hues (0…179) by their colour word."""
    bounds = [bound for bound, _ in _HUES] + [169]
    words = [_NAMES.index(word) for _, word in _HUES] + [_NAMES.index("pink"), 0]
    return np.asarray(words, np.intp)[np.searchsorted(bounds, hue, side="right")]


def colour_of(cutout: Bytes) -> tuple[str, float]:
    """Name the main colour of an RGBA cut-out and the share of its pixels that have it."""
    pixels = cutout[cutout[..., 3] > 127][:, :3]
    if not len(pixels):
        return "grey", 0.0
    hsv = np.asarray(cv2.cvtColor(pixels[None], cv2.COLOR_RGB2HSV), np.uint8)[0]
    hue, saturation, value = hsv[:, 0], hsv[:, 1], hsv[:, 2]
    index = _hue_index(hue)
    warm = (index == _NAMES.index("orange")) | (index == 0)
    index = np.where(warm & (value < 165) & (hue > 3) & (hue < 22), _NAMES.index("brown"), index)
    rosy = (index == 0) & (saturation < 120) & (value > 180)
    index = np.where(rosy, _NAMES.index("pink"), index)
    index = np.where(saturation < 45, _NAMES.index("grey"), index)
    index = np.where((saturation < 45) & (value > 205), _NAMES.index("white"), index)
    index = np.where(
        (value < 62) | ((saturation < 60) & (value < 88)), _NAMES.index("black"), index
    )
    counts = np.bincount(index, minlength=len(_NAMES))
    best = int(counts.argmax())
    return _NAMES[best], float(counts[best] / len(pixels))


def hue_shifted(cutout: Bytes, turn: int) -> Bytes:
    """Turn every hue by ``turn`` (0…179); greys stay."""
    hsv = np.asarray(cv2.cvtColor(cutout[..., :3], cv2.COLOR_RGB2HSV), np.uint8)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + turn) % 180
    return np.dstack([np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8), cutout[..., 3]])


def tinted(cutout: Bytes, colour: str, rng: Generator) -> Bytes:
    """Paint an RGBA cut-out in one named colour, keeping its light and dark."""
    grey = np.asarray(cv2.cvtColor(cutout[..., :3], cv2.COLOR_RGB2GRAY), np.float32) / 255
    opaque = cutout[..., 3] > 127
    level = float(grey[opaque].mean()) if opaque.any() else 0.5
    paint = np.asarray(COLOURS[colour], np.float32) + rng.uniform(-10, 10, 3).astype(np.float32)
    relief = np.clip(1 + 0.9 * (grey - level), 0.45, 1.5)[..., None]
    gloss = np.clip((grey - 0.85) * 4, 0, 0.5)[..., None]
    shaded = paint * relief
    return np.dstack([to_bytes(shaded + (255 - shaded) * gloss), cutout[..., 3]])
