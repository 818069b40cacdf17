"""Built places, drawn: city street, rooms, walls and studios; the same contract as ``nature``."""

import cv2
import numpy as np
from numpy.random import Generator

from backbone.mini.nature import Colour, View, lay_ground
from backbone.mini.pixels import Bytes, cloud_noise, gradient, resize, to_bytes
from backbone.mini.textures import bricks, planks

__all__ = ["brick_wall", "city", "kitchen", "library", "living_room", "pink_studio", "white_studio"]


def _near(rng: Generator, colour: Colour, spread: float = 12) -> Colour:
    """Vary a colour a little."""
    red, green, blue = np.clip(np.asarray(colour) + rng.uniform(-spread, spread, 3), 0, 255)
    return float(red), float(green), float(blue)


def city(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a row of buildings with windows behind a pavement."""
    canvas = gradient(_near(rng, (150, 186, 226)), _near(rng, (214, 226, 236)), size, size)
    horizon = int(size * rng.uniform(0.56, 0.64))
    left = -int(rng.integers(size // 8))
    while left < size:
        wide, tall = int(size * rng.uniform(0.14, 0.3)), int(size * rng.uniform(0.3, 0.62))
        wall = _near(rng, (126, 122, 130), 36)
        cv2.rectangle(canvas, (left, horizon - tall), (left + wide, horizon), wall, -1)
        _windows(canvas, rng, (left, horizon - tall, left + wide, horizon))
        left += wide + int(rng.integers(0, max(size // 40, 1) + 1))
    lay_ground(canvas, rng, horizon, _near(rng, (122, 122, 126), 8), tile)
    curb = max(size // 36, 2)
    canvas[horizon : horizon + curb] = _near(rng, (176, 174, 172), 8)
    return to_bytes(canvas), horizon + curb


def _windows(canvas: np.ndarray, rng: Generator, frame: tuple[int, int, int, int]) -> None:
    """Fill a house front with rows of windows."""
    size = canvas.shape[0]
    step, pane = max(size // 16, 4), max(size // 32, 2)
    glass = (_near(rng, (70, 92, 124)), _near(rng, (246, 226, 150)))
    left, top, right, bottom = frame
    for y in range(top + step // 2, bottom - step, step):
        for x in range(left + step // 2, right - pane, step):
            lit = glass[int(rng.random() < 0.3)]
            cv2.rectangle(canvas, (x, y), (x + pane, y + pane), lit, -1)


def kitchen(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a wooden table before a tiled wall with a cupboard."""
    canvas = np.ones((size, size, 3), np.float32) * np.asarray(
        _near(rng, (216, 226, 222), 14), np.float32
    )
    edge = int(size * rng.uniform(0.46, 0.6))
    step = size // int(rng.integers(7, 11))
    joints = _near(rng, (182, 192, 190), 10)
    for at in range(0, size, step):
        cv2.line(canvas, (at, 0), (at, edge), joints, 1)
        cv2.line(canvas, (0, at), (size, at), joints, 1)
    wood, deep = _near(rng, (178, 124, 76), 20), int(size * rng.uniform(0.14, 0.24))
    canvas[:deep] = np.asarray(wood, np.float32)
    for door in range(4):
        x = door * size // 4
        cv2.rectangle(
            canvas,
            (x + 2, 2),
            (x + size // 4 - 2, deep - 2),
            tuple(0.85 * part for part in wood),
            1,
        )
        cv2.circle(
            canvas, (x + size // 8, deep - size // 26), max(size // 64, 1), (236, 232, 220), -1
        )
    table = planks(rng, size - edge, size, int(rng.integers(3, 6)))
    if tile is not None:
        table = 0.5 * table + 0.5 * resize(tile, size, size - edge).astype(np.float32)
    canvas[edge:] = table
    canvas[edge : edge + max(size // 60, 1)] *= 1.2
    return to_bytes(canvas), edge


def library(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw shelves full of coloured books over a dark floor."""
    canvas = np.ones((size, size, 3), np.float32) * np.asarray(
        _near(rng, (70, 44, 26), 8), np.float32
    )
    floor = int(size * rng.uniform(0.72, 0.8))
    shelf = floor // int(rng.integers(3, 5))
    for top in range(0, floor - shelf // 2, shelf):
        _books(canvas, rng, top + shelf // 10, min(top + shelf, floor) - shelf // 14)
        cv2.rectangle(canvas, (0, top), (size, top + shelf // 14), _near(rng, (122, 80, 46), 8), -1)
    canvas[floor:] = planks(rng, size - floor, size, 3) * 0.62
    return to_bytes(canvas), floor


def _books(canvas: np.ndarray, rng: Generator, top: int, bottom: int) -> None:
    """Stand a row of book backs on a shelf."""
    size, left = canvas.shape[0], int(rng.integers(4))
    while left < size:
        wide = int(rng.integers(max(size // 42, 2), max(size // 20, 3) + 1))
        lower = top + int(rng.uniform(0, 0.3) * (bottom - top))
        paint = tuple(float(part) for part in rng.uniform(50, 190, 3))
        cv2.rectangle(canvas, (left, lower), (left + wide - 1, bottom), paint, -1)
        band = lower + (bottom - lower) // 4
        cv2.line(canvas, (left, band), (left + wide - 1, band), (226, 206, 140), 1)
        left += wide + int(rng.random() < 0.3)


def living_room(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a wall with a picture, a sofa and a carpet."""
    wall = _near(rng, (196, 178, 130), 16)
    canvas = np.ones((size, size, 3), np.float32) * np.asarray(wall, np.float32)
    floor = int(size * rng.uniform(0.6, 0.68))
    canvas[floor:] = planks(rng, size - floor, size, 4) * 0.8
    x, y = int(size * rng.uniform(0.1, 0.6)), int(size * rng.uniform(0.06, 0.14))
    frame = (x + int(size * 0.24), y + int(size * 0.18))
    cv2.rectangle(canvas, (x, y), frame, _near(rng, (110, 160, 196), 50), -1)
    cv2.rectangle(canvas, (x, y), frame, (98, 66, 40), max(size // 50, 1))
    cloth = _near(rng, (52, 128, 128), 26)
    left, wide = int(size * rng.uniform(0.0, 0.3)), int(size * 0.66)
    top = floor - int(size * 0.22)
    cv2.rectangle(canvas, (left, top), (left + wide, floor), cloth, -1)
    dark = tuple(0.75 * part for part in cloth)
    cv2.rectangle(canvas, (left, floor - size // 9), (left + wide, floor + size // 36), dark, -1)
    for arm in (left - size // 24, left + wide - size // 24):
        cv2.rectangle(
            canvas, (arm, floor - size // 7), (arm + size // 12, floor + size // 36), cloth, -1
        )
    spread = (size // 2, int(size * 0.9))
    cv2.ellipse(
        canvas,
        spread,
        (int(size * 0.48), size // 9),
        0,
        0,
        360,
        _near(rng, (174, 74, 66), 24),
        -1,
        cv2.LINE_AA,
    )
    cv2.ellipse(
        canvas, spread, (int(size * 0.42), size // 12), 0, 0, 360, (226, 200, 160), 1, cv2.LINE_AA
    )
    return to_bytes(canvas), int(size * 0.76)


def brick_wall(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a brick wall above a strip of pavement."""
    canvas = bricks(rng, size, size, int(rng.integers(9, 17)))
    floor = int(size * rng.uniform(0.78, 0.9))
    lay_ground(canvas, rng, floor, _near(rng, (140, 138, 134), 10), tile)
    shade = cloud_noise(rng, size, size, 2)[..., None]
    return to_bytes(canvas * (0.84 + 0.28 * shade)), floor


def _studio(rng: Generator, size: int, colour: Colour) -> View:
    """Draw an even wall that runs into the floor."""
    floor = int(size * rng.uniform(0.6, 0.76))
    tone = np.asarray(_near(rng, colour, 7), np.float32)
    canvas = np.ones((size, size, 3), np.float32) * tone
    canvas[floor:] *= np.linspace(0.93, 1.0, size - floor, dtype=np.float32)[:, None, None]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    spot = np.hypot(x - rng.uniform(0.3, 0.7), y - rng.uniform(0.2, 0.5))[..., None]
    canvas *= 1.04 - rng.uniform(0.05, 0.16) * spot
    return to_bytes(np.asarray(cv2.GaussianBlur(canvas, (0, 0), size / 40), np.float32)), floor


def pink_studio(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a pink wall."""
    return _studio(rng, size, (244, 154, 190))


def white_studio(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a white wall."""
    return _studio(rng, size, (244, 243, 241))
