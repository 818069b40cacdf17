"""Time of day and weather as exact pixel transforms that compose.

Light multiplies colours, so it may be applied to backdrop and cut-outs apart; stars and the moon
belong to the sky only. Weather is a layer over the finished picture.
"""

from functools import lru_cache

import cv2
import numpy as np

from backbone.mini.pixels import Bytes, add_light, gain, mix, to_bytes

__all__ = ["GAINS", "TIMES", "WEATHERS", "lit_sky", "weathered"]

TIMES = ("day", "night", "sunset")
WEATHERS = ("clear", "rain", "snow", "fog")
GAINS: dict[str, tuple[float, float, float]] = {
    "": (1.0, 1.0, 1.0),
    "day": (1.0, 1.0, 1.0),
    "night": (0.42, 0.46, 0.68),
    "sunset": (1.04, 0.76, 0.58),
}
_LAYERS = 12


def lit_sky(image: Bytes, horizon: int, time: str, seed: int) -> Bytes:
    """Light a backdrop [H, W, 3] and put stars or an evening glow above its horizon."""
    lit = gain(image, GAINS[time])
    top = max(int(horizon * 0.8), 1)
    if time == "night":
        rng = np.random.default_rng(seed)
        _stars(lit, top, rng)
    elif time == "sunset":
        share = np.linspace(0.15, 0.6, top, dtype=np.float32)[:, None].repeat(lit.shape[1], 1)
        glow = np.full((top, lit.shape[1], 3), (255, 128, 60), np.float32)
        lit[:top] = to_bytes(mix(lit[:top].astype(np.float32), glow, share))
    return lit


def _stars(image: Bytes, top: int, rng: np.random.Generator) -> None:
    size = image.shape[1]
    for _ in range(int(rng.integers(8, 20))):
        image[int(rng.integers(top)), int(rng.integers(size))] = int(rng.integers(170, 250))
    spot = (int(rng.integers(size // 8, size * 7 // 8)), int(top * rng.uniform(0.2, 0.6)))
    cv2.circle(image, spot, max(size // 20, 2), (250, 244, 214), -1, cv2.LINE_AA)


@lru_cache(maxsize=256)
def _layer(kind: str, size: int, number: int) -> Bytes:
    """Draw how much white a rain or snow layer adds [S, S]."""
    rng = np.random.default_rng([number, size, len(kind)])
    layer = np.zeros((size, size), np.uint8)
    if kind == "rain":
        lean, tall = int(rng.integers(-size // 24, size // 24 + 1)), size // 12
        for _ in range(int(rng.integers(90, 150))):
            x, y = int(rng.integers(-8, size + 8)), int(rng.integers(-tall, size))
            shade = int(rng.integers(90, 170))
            cv2.line(layer, (x, y), (x + lean, y + tall), shade, max(size // 160, 1), cv2.LINE_AA)
        return layer
    for _ in range(int(rng.integers(50, 100))):
        spot = (int(rng.integers(size)), int(rng.integers(size)))
        radius = max(int(size / 128 * rng.uniform(0.5, 1.9)), 1)
        cv2.circle(layer, spot, radius, int(rng.integers(170, 255)), -1, cv2.LINE_AA)
    return layer


@lru_cache(maxsize=64)
def _haze(size: int, level: int) -> Bytes:
    """Draw fog [S, S]: thickest half-way up."""
    rows = np.linspace(0, 1, size)
    thick = level * (1 - 0.5 * np.abs(rows - 0.4))
    return to_bytes(np.repeat(thick[:, None], size, axis=1))


def weathered(image: Bytes, weather: str, seed: int) -> Bytes:
    """Lay rain, snow or fog over a picture [S, S, 3]."""
    size = image.shape[0]
    if weather == "fog":
        return add_light(image, _haze(size, 150 + 10 * (seed % 5)))
    if weather == "rain":
        dull = gain(image, (0.74, 0.78, 0.84))
        return add_light(dull, _layer("rain", size, seed % _LAYERS))
    if weather == "snow":
        return add_light(image, _layer("snow", size, seed % _LAYERS))
    return image
