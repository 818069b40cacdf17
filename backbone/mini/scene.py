"""A scene: what stands where, in which light, and the picture of it with exact masks.

``Layout`` is the description; ``render`` turns it into pixels and is pure, so two layouts that
differ in one object give pictures that differ around that object only.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from backbone.mini.light import GAINS, lit_sky, weathered
from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes, gain, paste, premultiply, resize, warp
from backbone.mini.places import Backdrop

__all__ = ["Layout", "Mask", "Placed", "Scene", "render", "sprite"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Placed:
    """A subject in a scene; lengths are shares of the picture.

    ``x`` is the middle and ``foot`` the lowest row of the cut-out, ``reach`` its longest side,
    ``angle`` degrees, ``shear`` and ``tilt`` bend it as another point of view would. ``mention``
    is the placeholder it is called by; ``worn`` objects are drawn over what they stand on.
    """

    subject: Subject
    x: float
    foot: float
    reach: float
    angle: float = 0.0
    mirrored: bool = False
    shear: float = 0.0
    tilt: float = 0.0
    role: str = "main"
    mention: str = ""
    worn: bool = False
    grounded: bool = True

    @property
    def height(self) -> float:
        """Give the share of the picture's height."""
        rows, columns = self.subject.cutout.shape[:2]
        return float(self.reach * rows / max(rows, columns))

    @property
    def width(self) -> float:
        """Give the share of the picture's width."""
        rows, columns = self.subject.cutout.shape[:2]
        return float(self.reach * columns / max(rows, columns))

    @property
    def side(self) -> str:
        """Name the third of the picture it stands in: left, middle or right."""
        return "left" if self.x < 0.38 else "right" if self.x > 0.62 else "middle"

    @property
    def level(self) -> str:
        """Name the half of the picture its middle is in: top or bottom."""
        return "top" if self.foot - self.height / 2 < 0.5 else "bottom"

    @property
    def size_word(self) -> str:
        """Call it small or big when it clearly is."""
        return "small" if self.reach < 0.32 else "big" if self.reach > 0.5 else ""


@dataclass(frozen=True)
class Layout:
    """Everything a picture is made from; ``time`` and ``weather`` are "" where there is none."""

    backdrop: Backdrop
    objects: tuple[Placed, ...]
    time: str = ""
    weather: str = ""
    seed: int = 0
    tone: tuple[float, float] = (1.0, 1.0)

    @property
    def size(self) -> int:
        """Give the side of the picture in pixels."""
        return int(self.backdrop.image.shape[0])


@dataclass(frozen=True)
class Scene:
    """A picture [S, S, 3] with its layout and the visible alpha [S, S] of every object."""

    layout: Layout
    image: Bytes
    alphas: tuple[Bytes, ...]

    @property
    def objects(self) -> tuple[Placed, ...]:
        """Give the objects in the order of ``alphas``."""
        return self.layout.objects

    @property
    def place(self) -> str:
        """Give the name of the place, "" for a photograph."""
        return self.layout.backdrop.place

    @property
    def time(self) -> str:
        """Give the time of day, "" where there is none."""
        return self.layout.time

    @property
    def weather(self) -> str:
        """Give the weather, "" where there is none."""
        return self.layout.weather

    def mask(self, index: int) -> Mask:
        """Say where an object is seen [S, S]."""
        return self.alphas[index] > 127

    def box(self, index: int) -> tuple[int, int, int, int]:
        """Give left, top, right, bottom of what is seen of an object; zeros if nothing is."""
        rows, columns = np.nonzero(self.mask(index))
        if not len(rows):
            return 0, 0, 0, 0
        left, top = int(columns.min()), int(rows.min())
        return left, top, int(columns.max()) + 1, int(rows.max()) + 1


def sprite(placed: Placed, size: int) -> Bytes:
    """Scale, turn and bend a cut-out for a picture of ``size``: premultiplied RGBA [h, w, 4]."""
    cutout = placed.subject.cutout
    width, height = max(round(placed.width * size), 2), max(round(placed.height * size), 2)
    small = resize(premultiply(cutout), width, height)
    if placed.mirrored:
        small = np.ascontiguousarray(small[:, ::-1])
    if not (placed.angle or placed.shear or placed.tilt):
        return small
    turn = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), placed.angle, 1), (0, 0, 1)])
    bend = np.array([[1, placed.shear, 0], [0, 1, 0], [placed.tilt / width, 0, 1]])
    matrix = turn @ bend
    corners = matrix @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]])
    corners = corners[:2] / corners[2]
    low, high = corners.min(1), corners.max(1)
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    wide, tall = np.maximum(np.ceil(high - low), 2).astype(int)
    return warp(small, shift @ matrix, int(wide), int(tall))


@lru_cache(maxsize=1)
def _soft_spot() -> Bytes:
    """Draw the alpha of a shadow, [32, 64]."""
    y, x = np.mgrid[-1:1:32j, -1:1:64j]
    return np.asarray(np.clip(1.1 - np.hypot(x, y), 0, 1) * 150, np.uint8)


def _cast_shadow(canvas: Bytes, placed: Placed, width: int) -> None:
    """Darken the ground under an object, in place."""
    size = canvas.shape[0]
    wide, tall = max(int(width * 1.15), 4), max(int(width * 0.26), 3)
    patch = np.zeros((tall, wide, 4), np.uint8)
    patch[..., 3] = resize(_soft_spot(), wide, tall)
    foot = round(placed.foot * size)
    paste(canvas, patch, round(placed.x * size - wide / 2), foot - round(tall * 0.62))


def _draw(canvas: Bytes, placed: Placed, light: tuple[float, float, float]) -> Bytes:
    """Draw one object in place and return its alpha [S, S]."""
    size = canvas.shape[0]
    patch = gain(sprite(placed, size), light)
    if placed.grounded:
        _cast_shadow(canvas, placed, round(placed.width * size))
    left = round(placed.x * size - patch.shape[1] / 2)
    top = round(placed.foot * size) - patch.shape[0]
    paste(canvas, patch, left, top)
    alpha = np.zeros((size, size), np.uint8)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), left + patch.shape[1], top + patch.shape[0]
    alpha[y0 : max(y1, 0), x0 : max(x1, 0)] = patch[
        y0 - top : size - top, x0 - left : size - left, 3
    ]
    return alpha


def render(layout: Layout) -> Scene:
    """Draw a layout, far objects first."""
    canvas = lit_sky(layout.backdrop.image, layout.backdrop.horizon, layout.time, layout.seed)
    objects = layout.objects
    order = sorted(range(len(objects)), key=lambda i: (objects[i].worn, objects[i].foot))
    alphas: dict[int, Bytes] = {}
    for index in order:
        alpha = _draw(canvas, objects[index], GAINS[layout.time])
        for earlier, seen in alphas.items():
            alphas[earlier] = np.asarray(cv2.multiply(seen, 255 - alpha, scale=1 / 255), np.uint8)
        alphas[index] = alpha
    image = weathered(_toned(canvas, layout.tone), layout.weather, layout.seed)
    return Scene(layout, image, tuple(alphas[index] for index in range(len(objects))))


def _toned(image: Bytes, tone: tuple[float, float]) -> Bytes:
    """Apply brightness and contrast to all pixels alike."""
    bright, contrast = tone
    levels = (np.arange(256) - 128) * contrast + 128 * bright
    return np.asarray(cv2.LUT(image, np.clip(levels, 0, 255).astype(np.uint8)), np.uint8)
