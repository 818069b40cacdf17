"""Where things go: sizes, positions and what is worn or lies beside.

All numbers are shares of the picture's side.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from backbone.mini.objects import Subject
from backbone.mini.places import PLACES, Backdrop
from backbone.mini.scene import Placed

__all__ = ["beside", "on_top", "row", "stand", "spread"]

_REACH = {"small": (0.2, 0.3), "": (0.34, 0.48), "big": (0.54, 0.7)}
# up to where the right has about as much room as the left
_ABOUT_MIDDLE = 0.56
_MIDDLE = {"left": (0.2, 0.3), "middle": (0.44, 0.56), "right": (0.7, 0.8)}


def _ground(backdrop: Backdrop) -> tuple[float, float]:
    """Give the range of rows where feet may stand."""
    top = backdrop.horizon / backdrop.image.shape[0]
    return min(max(top + 0.12, 0.6), 0.9), 0.97


def _floats(backdrop: Backdrop) -> bool:
    return bool(backdrop.place) and PLACES[backdrop.place].floats


def stand(subject: Subject, backdrop: Backdrop, rng: Generator, x: float, reach: float) -> Placed:
    """Put a subject on the ground, nearer when it is larger, or let it float."""
    placed = Placed(
        subject,
        x=x,
        foot=1.0,
        reach=reach,
        angle=float(rng.normal(0, 4)),
        mirrored=bool(subject.flips and rng.random() < 0.5),
        grounded=not _floats(backdrop),
    )
    half = placed.width / 2
    x = float(np.clip(x, min(half, 0.5), max(1 - half, 0.5)))
    if not placed.grounded:
        angle = float(rng.normal(0, 12))
        foot = float(rng.uniform(min(placed.height + 0.04, 0.9), 0.97))
        return replace(placed, x=x, foot=foot, angle=angle)
    low, high = _ground(backdrop)
    nearness = float(np.clip(reach / 0.7 + rng.uniform(-0.35, 0.25), 0, 1))
    foot = max(low + (high - low) * nearness, min(placed.height + 0.02, 0.98))
    return replace(placed, x=x, foot=foot)


def spread(
    subjects: tuple[Subject, ...],
    backdrop: Backdrop,
    rng: Generator,
    *,
    side: str = "",
    size: str | None = None,
) -> tuple[Placed, ...]:
    """Give every subject its own stretch of the picture; the first is the main one."""
    if len(subjects) == 1:
        words = list(_MIDDLE)
        chosen = side or words[int(rng.choice(3, p=(0.25, 0.5, 0.25)))]
        sizes = list(_REACH)
        word = size if size is not None else sizes[int(rng.choice(3, p=(0.25, 0.4, 0.35)))]
        reach = float(rng.uniform(*_REACH[word]))
        return (stand(subjects[0], backdrop, rng, float(rng.uniform(*_MIDDLE[chosen])), reach),)
    number = len(subjects)
    slots = list(rng.permutation(number))
    if side:
        wanted = {"left": 0, "middle": number // 2, "right": number - 1}[side]
        here = slots.index(wanted)
        slots[0], slots[here] = slots[here], slots[0]
    placed = []
    for index, subject in enumerate(subjects):
        x = (slots[index] + 0.5 + rng.uniform(-0.12, 0.12)) / number
        low, high = (0.34, 0.56) if index == 0 else (0.24, 0.44)
        if index == 0 and size:
            low, high = _REACH[size]
        reach = float(rng.uniform(low, high)) * (1.0 if number == 2 else 0.8)
        role = "main" if index == 0 else "other"
        placed.append(replace(stand(subject, backdrop, rng, float(x), reach), role=role))
    return tuple(placed)


def row(subject: Subject, count: int, backdrop: Backdrop, rng: Generator) -> tuple[Placed, ...]:
    """Set several copies of one subject side by side."""
    reach = float(rng.uniform(0.7, 0.95)) * min(0.95 / count, 0.4)
    first = stand(subject, backdrop, rng, 0.5, reach)
    feet = first.foot + rng.uniform(-0.03, 0.03, count)
    xs = (np.arange(count) + 0.5 + rng.uniform(-0.1, 0.1, count)) / count
    return tuple(
        replace(
            first,
            x=float(x),
            foot=float(min(foot, 0.98)),
            angle=float(rng.normal(0, 5)),
            role="main" if index == 0 else "copy",
        )
        for index, (x, foot) in enumerate(zip(xs, feet, strict=True))
    )


def beside(small: Subject, main: Placed, rng: Generator) -> Placed:
    """Lay a small object next to the main one: to the right, if there is about as much room."""
    reach = float(np.clip(main.reach * rng.uniform(0.4, 0.6), 0.17, 0.3))
    thing = Placed(small, 0.5, 1.0, reach, angle=float(rng.normal(0, 4)), role="small")
    side = 1 if main.x < _ABOUT_MIDDLE else -1
    x = main.x + side * (main.width / 2 + thing.width / 2 + 0.01)
    x = float(np.clip(x, thing.width / 2, 1 - thing.width / 2))
    foot = float(min(main.foot + 0.015, 0.985))
    return replace(thing, x=x, foot=foot, grounded=main.grounded)


def on_top(hat: Subject, main: Placed, rng: Generator) -> Placed:
    """Put a hat on the highest point of the main object."""
    alpha = main.subject.cutout[..., 3]
    head = alpha[: max(alpha.shape[0] // 8, 2)].max(0) > 127
    columns = np.nonzero(head)[0]
    off = float(columns.mean()) / alpha.shape[1] - 0.5 if len(columns) else 0.0
    off = -off if main.mirrored else off
    reach = float(np.clip(main.width * rng.uniform(0.42, 0.56), 0.14, 0.34))
    thing = Placed(hat, 0.5, 1.0, reach, role="small", worn=True, grounded=False)
    foot = main.foot - main.height + thing.height * 0.35
    return replace(thing, x=main.x + off * main.width, foot=float(max(foot, thing.height * 0.9)))
