"""Surfaces: drawn patterns, and tiles cut from photographs when assets are there.

A texture is a square uint8 tile [S, S, 3]; ``places`` names where it may lie as ground.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from backbone.mini.colours import COLOURS
from backbone.mini.pixels import Bytes, Floats, cloud_noise, mix, resize, to_bytes

__all__ = ["Texture", "bricks", "draw_texture", "patch_of", "planks"]

_SIDE = 96


@dataclass(frozen=True)
class Texture:
    """A surface with a name; ``places`` it suits as ground."""

    name: str
    tile: Bytes
    places: tuple[str, ...] = ()


def patch_of(texture: Texture, rng: Generator, height: int, width: int) -> Bytes:
    """Cut a random square of the tile, turned and flipped, as [height, width, 3]."""
    side = texture.tile.shape[0]
    part = int(side * rng.uniform(0.4, 0.95))
    y, x = rng.integers(0, side - part + 1, 2)
    piece = np.rot90(texture.tile[y : y + part, x : x + part], int(rng.integers(4)))
    return resize(np.ascontiguousarray(piece), width, height)


def _two_colours(rng: Generator) -> tuple[Floats, Floats]:
    """Draw two colours that can be told apart."""
    names = list(COLOURS)
    first, second = rng.choice(len(names), 2, replace=False)
    pair = np.asarray([COLOURS[names[first]], COLOURS[names[second]]], np.float32)
    pair = np.clip(pair + rng.normal(0, 14, pair.shape).astype(np.float32), 0, 255)
    return pair[0], pair[1]


def _share(pattern: str, rng: Generator) -> Floats:
    """Draw how much of the second colour lies where [S, S], 0…1."""
    y, x = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) / _SIDE
    turn = float(rng.uniform(0, np.pi))
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    beat = rng.uniform(3, 8)
    if pattern == "stripes":
        field = np.sin(2 * np.pi * beat * u) > rng.uniform(-0.5, 0.5)
    elif pattern == "checks":
        field = np.sin(2 * np.pi * beat * u) * np.sin(2 * np.pi * beat * v) > 0
    elif pattern == "dots":
        field = np.hypot((u * beat) % 1 - 0.5, (v * beat) % 1 - 0.5) < rng.uniform(0.2, 0.38)
    elif pattern == "waves":
        bend = 0.06 * np.sin(2 * np.pi * beat * v)
        field = 0.5 + 0.5 * np.sin(2 * np.pi * beat * (u + bend))
    else:
        noise = cloud_noise(rng, _SIDE, _SIDE, int(rng.integers(3, 9)))
        field = noise > 0.5 if pattern == "patches" else noise
    return np.asarray(field, np.float32)


def draw_texture(rng: Generator) -> Texture:
    """Draw a two-colour pattern with a little grain."""
    kinds = ("stripes", "checks", "dots", "waves", "patches", "marble")
    pattern = kinds[int(rng.integers(len(kinds)))]
    first, second = _two_colours(rng)
    share = np.asarray(cv2.GaussianBlur(_share(pattern, rng), (3, 3), 0), np.float32)
    flat = np.ones((_SIDE, _SIDE, 3), np.float32)
    field = mix(flat * first, flat * second, share)
    grain = rng.normal(0, rng.uniform(1, 8), (_SIDE, _SIDE, 1)).astype(np.float32)
    return Texture(pattern, to_bytes(field + grain))


def planks(rng: Generator, height: int, width: int, rows: int) -> Floats:
    """Draw wooden boards [height, width, 3] that run from left to right."""
    base = np.asarray(
        (rng.uniform(150, 200), rng.uniform(98, 130), rng.uniform(52, 80)), np.float32
    )
    field = np.ones((height, width, 3), np.float32) * base
    grain = rng.random((height, 6), dtype=np.float32)
    field *= 0.86 + 0.22 * np.asarray(cv2.resize(grain, (width, height)), np.float32)[..., None]
    edges = np.linspace(0, height, rows + 1).astype(int)
    for top, bottom in zip(edges[:-1], edges[1:], strict=True):
        field[top:bottom] *= rng.uniform(0.86, 1.1)
        field[top : top + max(height // 90, 1)] *= 0.62
    return field


def bricks(rng: Generator, height: int, width: int, rows: int) -> Floats:
    """Draw a brick wall [height, width, 3]."""
    base = np.asarray((rng.uniform(150, 190), rng.uniform(66, 90), rng.uniform(48, 70)), np.float32)
    field = np.full((height, width, 3), rng.uniform(150, 200), np.float32)
    step = height / rows
    joint = max(int(step / 9), 1)
    for row in range(rows + 1):
        shift = -step if row % 2 else 0.0
        for column in range(int(width / (2 * step)) + 3):
            top, left = int(row * step), int(shift + column * 2 * step)
            right = int(left + 2 * step) - joint
            if right > 0:
                tone = base * rng.uniform(0.78, 1.15)
                field[top : int(top + step) - joint, max(left, 0) : right] = tone
    return field + rng.normal(0, 5, (height, width, 1)).astype(np.float32)
