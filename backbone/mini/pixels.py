"""Small pixel operations on uint8 pictures: resizing, warping, pasting, smooth noise.

Letters in shapes: ``H W`` pixels, ``h w`` pixels of a patch. Colours are RGB.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

__all__ = [
    "Bytes",
    "Floats",
    "add_light",
    "cloud_noise",
    "gain",
    "gradient",
    "mix",
    "paste",
    "premultiply",
    "resize",
    "to_bytes",
    "warp",
]

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def to_bytes(values: NDArray[np.floating]) -> Bytes:
    """Clip to 0…255 and drop the fraction."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def resize(image: Bytes, width: int, height: int) -> Bytes:
    """Resize to [height, width, …]; areas are averaged when the picture shrinks."""
    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)


def warp(image: Bytes, matrix: NDArray[np.float64], width: int, height: int) -> Bytes:
    """Map through a 3×3 matrix (source to target) onto an empty [height, width] patch."""
    if np.allclose(matrix[2], (0.0, 0.0, 1.0)):
        return np.asarray(cv2.warpAffine(image, matrix[:2], (width, height)), np.uint8)
    return np.asarray(cv2.warpPerspective(image, matrix, (width, height)), np.uint8)


def premultiply(image: Bytes) -> Bytes:
    """Multiply the colours of an RGBA picture by its alpha."""
    red, green, blue, alpha = cv2.split(image)
    parts = [cv2.multiply(part, alpha, scale=1 / 255) for part in (red, green, blue)]
    return np.asarray(cv2.merge([*parts, alpha]), np.uint8)


def paste(canvas: Bytes, patch: Bytes, left: int, top: int) -> None:
    """Lay a premultiplied RGBA patch [h, w, 4] on a canvas [H, W, 3], in place."""
    height, width = canvas.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + patch.shape[1], width), min(top + patch.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    below = canvas[y0:y1, x0:x1]
    rest = below.astype(np.uint16) * (255 - part[..., 3:].astype(np.uint16))
    below[:] = np.minimum(part[..., :3] + (rest + 127) // 255, 255).astype(np.uint8)


def gain(image: Bytes, factors: tuple[float, float, float]) -> Bytes:
    """Multiply each colour channel by a factor; alpha, where there is one, stays."""
    table = np.arange(256, dtype=np.float32)[:, None] * np.asarray(factors, np.float32)
    if image.shape[2] == 4:
        table = np.hstack([table, np.arange(256, dtype=np.float32)[:, None]])
    return np.asarray(cv2.LUT(image, to_bytes(table)[:, None, :]), np.uint8)


def add_light(image: Bytes, alpha: Bytes) -> Bytes:
    """Move towards white where alpha [H, W] says so."""
    layer = np.asarray(cv2.merge([alpha, alpha, alpha]), np.uint8)
    lift = cv2.multiply(255 - image, layer, scale=1 / 255)
    return np.asarray(cv2.add(image, lift), np.uint8)


def cloud_noise(
    rng: Generator, height: int, width: int, coarse: int = 4, octaves: int = 4
) -> Floats:
    """Draw smooth noise in 0…1 [height, width]; ``coarse`` cells across the largest octave."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for octave in range(octaves):
        cells = coarse * 2**octave
        grid = rng.random((min(cells + 1, height), min(cells + 1, width)), dtype=np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        weight *= 0.5
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def gradient(top: tuple[float, ...], bottom: tuple[float, ...], height: int, width: int) -> Floats:
    """Fill [height, width, 3] with a vertical change of colour."""
    slope = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    column = np.asarray(top, np.float32) * (1 - slope) + np.asarray(bottom, np.float32) * slope
    return np.repeat(column, width, axis=1)


def mix(first: Floats, second: Floats, share: Floats) -> Floats:
    """Blend two colour fields by a share [H, W] of the second."""
    return first + (second - first) * share[..., None]
