"""Outdoor places, drawn: each is a function of a generator, a size and a ground tile.

A renderer returns a square uint8 picture [S, S, 3] and the row where the ground begins. The tile,
when there is one, is a photographed or drawn surface laid on the ground in perspective.
"""

import cv2
import numpy as np
from numpy.random import Generator

from backbone.mini.pixels import Bytes, Floats, cloud_noise, gradient, mix, resize, to_bytes

__all__ = [
    "beach",
    "desert",
    "forest",
    "garden",
    "lay_ground",
    "meadow",
    "mountains",
    "road",
    "snow",
    "space",
    "underwater",
]

View = tuple[Bytes, int]
Colour = tuple[float, float, float]


def _near(rng: Generator, colour: Colour, spread: float = 12) -> Colour:
    """Vary a colour a little."""
    red, green, blue = np.clip(np.asarray(colour) + rng.uniform(-spread, spread, 3), 0, 255)
    return float(red), float(green), float(blue)


def _horizon(rng: Generator, size: int) -> int:
    return int(size * rng.uniform(0.34, 0.52))


def lay_ground(
    canvas: Floats, rng: Generator, horizon: int, colour: Colour, tile: Bytes | None
) -> None:
    """Cover everything under the horizon, finer towards it; a tile is drawn to the colour."""
    size = canvas.shape[0]
    flat = 220
    if tile is None:
        surface = 1 + 0.35 * (cloud_noise(rng, flat, flat, 10, 4)[..., None] - 0.5)
        plane = np.asarray(colour, np.float32) * surface
    else:
        piece = resize(tile, flat // 2, flat // 2).astype(np.float32)
        piece += 0.6 * (np.asarray(colour, np.float32) - piece.mean((0, 1)))
        plane = np.tile(piece, (2, 2, 1))
    corners = np.array([[70, 0], [150, 0], [flat, flat], [0, flat]], np.float32)
    target = np.array(
        [[0, horizon], [size, horizon], [size * 1.4, size], [-size * 0.4, size]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(corners, target)
    whole = cv2.warpPerspective(plane, matrix, (size, size), borderMode=cv2.BORDER_REFLECT)
    canvas[horizon:] = np.asarray(whole, np.float32)[horizon:]


def _sky(rng: Generator, size: int, top: Colour, bottom: Colour, clouds: float) -> Floats:
    """Paint a sky over the full square."""
    field = gradient(_near(rng, top), _near(rng, bottom), size, size)
    if clouds > 0 and rng.random() < 0.7:
        share = np.clip(cloud_noise(rng, size, size, 3) * 2.4 - 1.2, 0, 1) * clouds
        field = mix(field, np.full_like(field, 250), share)
    return field


def _blue_sky(rng: Generator, size: int) -> Floats:
    return _sky(rng, size, (96, 160, 232), (200, 226, 246), 0.8)


def _ridge(rng: Generator, size: int, base: float, height: float, rough: int) -> Floats:
    """Draw the rows [S] of a skyline."""
    points = rng.random(rough + 2).astype(np.float32)
    line = np.asarray(cv2.resize(points[None], (size, 1), interpolation=cv2.INTER_CUBIC))[0]
    return np.asarray(base - height * line, np.float32)


def _fill_below(canvas: Floats, line: Floats, bottom: int, colour: Colour) -> None:
    """Fill between a skyline and a row with one colour."""
    rows = np.arange(canvas.shape[0])[:, None]
    inside = (rows >= line[None]) & (rows < bottom)
    canvas[inside] = np.asarray(colour, np.float32)


def _specks(
    canvas: Floats, rng: Generator, top: int, count: int, colours: list[Colour], reach: float
) -> None:
    """Dot the ground, larger towards the viewer."""
    size = canvas.shape[0]
    for _ in range(count):
        depth = rng.random()
        spot = (int(rng.integers(size)), int(top + (size - top) * depth))
        radius = max(int(size / 100 * (0.4 + reach * depth)), 1)
        cv2.circle(canvas, spot, radius, colours[int(rng.integers(len(colours)))], -1, cv2.LINE_AA)


def beach(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw sky, sea with waves and a strip of sand."""
    canvas, horizon = _blue_sky(rng, size), int(size * rng.uniform(0.24, 0.36))
    shore = int(horizon + size * rng.uniform(0.14, 0.24))
    lay_ground(canvas, rng, horizon, _near(rng, (232, 208, 160)), tile)
    water = gradient(_near(rng, (24, 104, 178)), _near(rng, (64, 190, 206)), shore - horizon, size)
    line = _ridge(rng, size, shore, size * 0.05, 4)
    rows = np.arange(horizon, shore)[:, None]
    canvas[horizon:shore] = np.where((rows < line[None])[..., None], water, canvas[horizon:shore])
    for _ in range(int(rng.integers(4, 10))):
        y, x = int(rng.integers(horizon + 1, shore)), int(rng.integers(size))
        cv2.line(canvas, (x, y), (x + int(size * 0.12), y), (206, 236, 244), 1, cv2.LINE_AA)
    points = np.stack([np.arange(size), line], 1).astype(np.int32)
    cv2.polylines(canvas, [points], False, (248, 252, 252), max(size // 50, 1), cv2.LINE_AA)
    return to_bytes(canvas), shore


def meadow(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a green field under a blue sky."""
    canvas, horizon = _blue_sky(rng, size), _horizon(rng, size)
    hill = _ridge(rng, size, horizon, size * 0.12, 3)
    _fill_below(canvas, hill, size, _near(rng, (86, 158, 78)))
    lay_ground(canvas, rng, horizon, _near(rng, (92, 172, 56)), tile)
    for _ in range(size // 2):
        y, x = int(rng.integers(horizon, size)), int(rng.integers(size))
        tall = int(size * 0.05 * (y - horizon + 4) / (size - horizon))
        shade = _near(rng, (70, 146, 44), 24)
        cv2.line(canvas, (x, y), (x + int(rng.integers(-2, 3)), y - tall), shade, 1, cv2.LINE_AA)
    return to_bytes(canvas), horizon


def snow(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a white field, sometimes with dark firs."""
    canvas, horizon = _sky(rng, size, (168, 196, 224), (232, 240, 248), 0.5), _horizon(rng, size)
    _fill_below(
        canvas, _ridge(rng, size, horizon, size * 0.1, 3), size, _near(rng, (222, 232, 244), 6)
    )
    for _ in range(int(rng.integers(0, 8))):
        x, tall = int(rng.integers(size)), int(size * rng.uniform(0.12, 0.3))
        for step in range(3):
            top, wide = horizon - tall + step * tall // 4, int(tall * (0.16 + 0.1 * step))
            corners = [[x, top], [x - wide, top + tall // 2], [x + wide, top + tall // 2]]
            cv2.fillPoly(
                canvas, [np.asarray(corners, np.int32)], _near(rng, (52, 92, 84)), cv2.LINE_AA
            )
            cv2.line(canvas, (x, top), (x - wide // 2, top + tall // 4), (242, 246, 250), 2)
    lay_ground(canvas, rng, horizon, _near(rng, (238, 243, 250), 5), tile)
    return to_bytes(canvas), horizon


def forest(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw trunks before dark leaves, on a brown floor."""
    horizon = int(size * rng.uniform(0.5, 0.6))
    leaves = cloud_noise(rng, size, size, 9)
    dark, light = np.asarray(_near(rng, (22, 54, 26))), np.asarray(_near(rng, (74, 126, 58)))
    canvas = mix(
        np.ones((size, size, 3), np.float32) * dark.astype(np.float32),
        np.ones((size, size, 3), np.float32) * light.astype(np.float32),
        leaves,
    )
    lay_ground(canvas, rng, horizon, _near(rng, (88, 76, 42)), tile)
    for depth in np.sort(rng.random(int(rng.integers(6, 13)))):
        x, wide = int(rng.integers(size)), int(size * (0.015 + 0.06 * depth))
        foot = int(horizon + (size - horizon) * 0.35 * depth)
        bark = _near(rng, (62 + 34 * depth, 46 + 22 * depth, 32 + 12 * depth), 10)
        cv2.rectangle(canvas, (x, 0), (x + wide, foot), bark, -1)
        cv2.line(canvas, (x, 0), (x, foot), tuple(0.6 * part for part in bark), max(wide // 4, 1))
    return to_bytes(canvas), horizon


def desert(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw orange dunes under a pale warm sky, sometimes with a cactus."""
    canvas, horizon = _sky(rng, size, (238, 196, 130), (252, 232, 190), 0.0), _horizon(rng, size)
    for step in range(3):
        line = _ridge(rng, size, horizon + size * 0.05 * step, size * (0.2 - 0.05 * step), 3)
        _fill_below(canvas, line, size, _near(rng, (222 - 10 * step, 150 - 8 * step, 78), 8))
    lay_ground(canvas, rng, horizon + int(size * 0.06), _near(rng, (216, 142, 68)), tile)
    if rng.random() < 0.5:
        x, foot = int(rng.integers(size)), horizon + int(size * 0.08)
        tall, wide = int(size * rng.uniform(0.16, 0.3)), max(size // 28, 2)
        green = _near(rng, (60, 122, 62))
        cv2.line(canvas, (x, foot), (x, foot - tall), green, wide, cv2.LINE_AA)
        for side in (-1, 1):
            arm = x + side * tall // 4
            cv2.line(canvas, (x, foot - tall // 2), (arm, foot - tall // 2), green, wide * 2 // 3)
            cv2.line(
                canvas, (arm, foot - tall // 2), (arm, foot - tall * 3 // 4), green, wide * 2 // 3
            )
    return to_bytes(canvas), horizon + int(size * 0.06)


def road(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw an asphalt road with a dashed middle line."""
    canvas, horizon = _blue_sky(rng, size), _horizon(rng, size)
    lay_ground(canvas, rng, horizon, _near(rng, (134, 150, 86)), None)
    surface = canvas.copy()
    lay_ground(surface, rng, horizon, _near(rng, (92, 92, 98), 8), tile)
    far = int(size * rng.uniform(0.42, 0.58))
    shape = np.asarray(
        [
            [far - size // 25, horizon],
            [far + size // 25, horizon],
            [int(size * 1.15), size],
            [int(-size * 0.15), size],
        ],
        np.int32,
    )
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [shape], 1)
    canvas[inside > 0] = surface[inside > 0]
    for step in np.arange(0.05, 1, 0.2):
        near = min(step + 0.1, 1.0)
        ends = [
            (int(far + (size / 2 - far) * s * s), int(horizon + (size - horizon) * s * s))
            for s in (step, near)
        ]
        cv2.line(
            canvas, ends[0], ends[1], (244, 240, 224), max(int(size * 0.04 * step), 1), cv2.LINE_AA
        )
    for edge in (shape[3], shape[2]):
        start = (far - size // 25 if edge[0] < 0 else far + size // 25, horizon)
        cv2.line(
            canvas, start, (int(edge[0]), size), (236, 236, 226), max(size // 50, 1), cv2.LINE_AA
        )
    return to_bytes(canvas), horizon


def mountains(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw grey peaks with white tops over a stony slope."""
    canvas, horizon = _blue_sky(rng, size), int(size * rng.uniform(0.46, 0.58))
    for _ in range(int(rng.integers(3, 6))):
        x, tall = int(rng.integers(size)), int(size * rng.uniform(0.24, 0.48))
        wide, rock = int(tall * rng.uniform(0.7, 1.1)), _near(rng, (112, 116, 134))
        top = (x, horizon - tall)
        left, right = (x - wide, horizon), (x + wide, horizon)
        cv2.fillPoly(canvas, [np.asarray([top, left, right], np.int32)], rock, cv2.LINE_AA)
        shade = tuple(0.72 * part for part in rock)
        cv2.fillPoly(canvas, [np.asarray([top, (x + wide // 5, horizon), right], np.int32)], shade)
        cap = [
            (x, horizon - tall),
            (x - wide // 3, horizon - tall * 2 // 3),
            (x - wide // 9, horizon - tall * 3 // 5),
            (x, horizon - tall * 2 // 3),
            (x + wide // 8, horizon - tall * 3 // 5),
            (x + wide // 3, horizon - tall * 2 // 3),
        ]
        cv2.fillPoly(canvas, [np.asarray(cap, np.int32)], (246, 248, 252), cv2.LINE_AA)
    lay_ground(canvas, rng, horizon, _near(rng, (122, 122, 104)), tile)
    _specks(
        canvas, rng, horizon, 30, [_near(rng, (104, 104, 100)), _near(rng, (146, 144, 132))], 2.4
    )
    return to_bytes(canvas), horizon


def garden(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw a white fence, a hedge and many flowers."""
    canvas, horizon = _blue_sky(rng, size), int(size * rng.uniform(0.42, 0.52))
    top = int(size * 0.22)
    hedge = cloud_noise(rng, horizon - top, size, 12)[..., None]
    canvas[top:horizon] = np.asarray(_near(rng, (40, 104, 44)), np.float32) * (0.6 + 0.8 * hedge)
    lay_ground(canvas, rng, horizon, _near(rng, (84, 156, 66)), tile)
    post, gap = max(size // 26, 2), max(size // 13, 4)
    for x in range(int(rng.integers(gap)), size, gap):
        cv2.rectangle(canvas, (x, horizon - size // 6), (x + post, horizon), (244, 244, 240), -1)
    cv2.rectangle(
        canvas, (0, horizon - size // 9), (size, horizon - size // 12), (236, 236, 232), -1
    )
    blossoms: list[Colour] = [
        (232, 62, 78),
        (248, 206, 52),
        (240, 130, 190),
        (160, 92, 206),
        (250, 250, 246),
    ]
    _specks(canvas, rng, top + size // 30, 26, blossoms, 0.6)
    _specks(canvas, rng, horizon, int(rng.integers(60, 110)), blossoms, 2.2)
    return to_bytes(canvas), horizon


def underwater(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw blue water with rays, weeds, bubbles and a sandy floor."""
    canvas = gradient(_near(rng, (52, 168, 206)), _near(rng, (8, 58, 120)), size, size)
    rays = np.zeros((size, size), np.float32)
    for _ in range(int(rng.integers(3, 7))):
        x, wide = int(rng.integers(size)), int(size * rng.uniform(0.04, 0.12))
        lean = int(rng.integers(-size // 3, size // 3))
        band = [(x, 0), (x + wide, 0), (x + wide * 2 + lean, size), (x + lean - wide, size)]
        cv2.fillPoly(rays, [np.asarray(band, np.int32)], 0.22)
    rays *= np.linspace(1, 0, size, dtype=np.float32)[:, None]
    canvas = mix(
        canvas, np.full_like(canvas, 230), np.asarray(cv2.GaussianBlur(rays, (0, 0), size / 60))
    )
    floor = int(size * rng.uniform(0.8, 0.9))
    lay_ground(canvas, rng, floor, _near(rng, (104, 140, 142)), tile)
    for _ in range(int(rng.integers(2, 8))):
        x, tall = int(rng.integers(size)), int(size * rng.uniform(0.1, 0.3))
        y = np.arange(tall)
        weed = np.stack([x + size * 0.02 * np.sin(y / size * 40 + x), size - y * 1.2], 1)
        cv2.polylines(
            canvas,
            [weed.astype(np.int32)],
            False,
            _near(rng, (30, 116, 72)),
            max(size // 45, 1),
            cv2.LINE_AA,
        )
    for _ in range(int(rng.integers(6, 24))):
        spot = (int(rng.integers(size)), int(rng.integers(size)))
        cv2.circle(
            canvas,
            spot,
            int(rng.integers(1, max(size // 40, 2) + 1)),
            (206, 238, 246),
            1,
            cv2.LINE_AA,
        )
    return to_bytes(canvas), floor


def space(rng: Generator, size: int, tile: Bytes | None) -> View:
    """Draw stars, a nebula and often a planet."""
    canvas = gradient(_near(rng, (10, 8, 24), 6), _near(rng, (18, 12, 40), 8), size, size)
    cloud = np.clip(cloud_noise(rng, size, size, 3) * 1.6 - 0.8, 0, 1) * rng.uniform(0.2, 0.6)
    canvas = mix(
        canvas, np.ones_like(canvas) * np.asarray(_near(rng, (120, 60, 160), 60), np.float32), cloud
    )
    for _ in range(int(rng.integers(60, 140)) * size // 128):
        y, x = rng.integers(0, size, 2)
        canvas[y, x] = rng.uniform(150, 255)
    for _ in range(int(rng.integers(4, 12))):
        cv2.circle(
            canvas,
            (int(rng.integers(size)), int(rng.integers(size))),
            max(size // 128, 1),
            (255, 252, 232),
            -1,
            cv2.LINE_AA,
        )
    if rng.random() < 0.6:
        radius = int(size * rng.uniform(0.08, 0.22))
        spot = (int(rng.integers(size)), int(rng.integers(size // 2)))
        tint = _near(rng, (170, 130, 110), 60)
        cv2.circle(canvas, spot, radius, tint, -1, cv2.LINE_AA)
        cv2.circle(
            canvas,
            (spot[0] + radius // 3, spot[1] + radius // 4),
            radius * 3 // 4,
            tuple(0.75 * part for part in tint),
            -1,
            cv2.LINE_AA,
        )
    return to_bytes(canvas), size
