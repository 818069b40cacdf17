"""Views of one subject: other sizes, angles, light, places, sometimes half hidden.

What concept encoders train on: the picture, the mask, and the masked crop.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from backbone.mini.light import TIMES, WEATHERS
from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes, gain, resize
from backbone.mini.scene import Mask, Scene, render
from backbone.mini.world import World

__all__ = ["View", "Square", "crop_square", "frame", "masked_crop", "subject_views"]

_GREY = 127
# of a frame: the longest side of the subject, and the lowest row of it
_SPAN, _FOOT = 0.64, 0.92

# of a mask that is not empty: top and left, which may be < 0, and side
Square = Callable[[Mask], tuple[int, int, int]]


@dataclass(frozen=True)
class View:
    """A picture [S, S, 3] of a subject, where it is [S, S], and its crop on grey [s, s, 3]."""

    scene: Scene
    image: Bytes
    mask: Mask
    crop: Bytes
    crop_mask: Mask


def crop_square(mask: Mask) -> tuple[int, int, int]:
    """Find the square around a mask that is not empty: top and left, which may be < 0, side."""
    rows, columns = np.nonzero(mask)
    top, left = int(rows.min()), int(columns.min())
    height, width = int(rows.max()) + 1 - top, int(columns.max()) + 1 - left
    edge = int(max(height, width) * 1.08) + 2
    return top - (edge - height) // 2, left - (edge - width) // 2, edge


def frame(mask: Mask) -> tuple[int, int, int]:
    """Find the square in which a subject stands as in a portrait, with room for a place."""
    rows, columns = np.nonzero(mask)
    low, high = int(columns.min()), int(columns.max()) + 1
    edge = max(round(max(high - low, int(np.ptp(rows)) + 1) / _SPAN), 2)
    return round(int(rows.max()) + 1 - _FOOT * edge), round((low + high - edge) / 2), edge


def masked_crop(
    image: Bytes, mask: Mask, side: int, square_of: Square = crop_square
) -> tuple[Bytes, Mask]:
    """Cut the square around a mask, grey outside the mask: [s, s, 3] and [s, s]."""
    if not mask.any():
        return np.full((side, side, 3), _GREY, np.uint8), np.zeros((side, side), np.bool_)
    top, left, edge = square_of(mask)
    square = np.full((edge, edge, 4), (_GREY, _GREY, _GREY, 0), np.uint8)
    rows, columns = np.nonzero(mask)
    square[rows - top, columns - left, :3] = image[rows, columns]
    square[rows - top, columns - left, 3] = 255
    small = resize(square, side, side)
    return np.ascontiguousarray(small[..., :3]), small[..., 3] > 127


def _seen_anew(subject: Subject, rng: Generator) -> Subject:
    """Light the cut-out a little differently."""
    red, green, blue = rng.uniform(0.8, 1.12) * (1 + rng.uniform(-0.06, 0.06, 3))
    return replace(subject, cutout=gain(subject.cutout, (float(red), float(green), float(blue))))


def _view(
    world: World,
    subject: Subject,
    rng: Generator,
    place: str | None,
    crop_side: int,
    plain: bool,
    square_of: Square,
) -> View:
    others = int(rng.random() < 0.18)
    time, weather = (TIMES[0], WEATHERS[0]) if plain else (None, None)
    seen = _seen_anew(subject, rng)
    scene = world.scene(
        rng, subject=seen, place=place, others=others, time=time, weather=weather, split="train"
    )
    main = replace(
        scene.objects[0],
        angle=float(rng.normal(0, 9)),
        shear=float(rng.normal(0, 0.09)),
        tilt=float(np.clip(rng.normal(0, 0.1), -0.2, 0.2)),
        reach=float(np.clip(scene.objects[0].reach * rng.uniform(0.9, 1.3), 0.25, 0.9)),
    )
    objects = (main, *scene.objects[1:])
    if others and len(objects) > 1 and rng.random() < 0.6:
        # Step in front of the subject, but leave most of it to see.
        side = 1 if objects[1].x > main.x else -1
        x = main.x + side * main.width * rng.uniform(0.4, 0.6)
        foot = float(min(main.foot + 0.03, 1.0))
        objects = (main, replace(objects[1], x=float(x), foot=foot))
    scene = render(replace(scene.layout, objects=objects))
    mask = scene.mask(0)
    crop, crop_mask = masked_crop(scene.image, mask, crop_side, square_of)
    return View(scene, scene.image, mask, crop, crop_mask)


def subject_views(
    world: World,
    subject: Subject,
    number: int,
    rng: Generator,
    *,
    place: str | None = None,
    crop_side: int = 64,
    plain: bool = False,
    square_of: Square = crop_square,
) -> tuple[View, ...]:
    """Show a subject ``number`` times, if ``plain`` in clear daylight; ``crop_side`` in pixels."""
    return tuple(
        _view(world, subject, rng, place, crop_side, plain, square_of) for _ in range(number)
    )
