"""Something added to a photo as sharp as the model draws it.

A small model knows where an added thing goes and which colour it has, and writes a blot there. It
draws the same thing beside the same subject with all of its form. So the edit says where, two
drawings of one seed, with the thing and without, say what, and that is laid into the photo.

Letters: ``h w`` pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.images import flatten
from backbone.painting import ImageOptions, Picture
from omni_errors import CancelledError

if TYPE_CHECKING:
    from backbone.concepts import ConceptTokens
    from backbone.face import Backbone

__all__ = ["BACKDROPS", "Thing", "add_drawn", "drawn_thing", "lay_in"]

Pixels = NDArray[np.float32]
# what is drawn behind a thing, the next where it cannot be told from the one before
BACKDROPS = ("", " in front of a pink wall")
# levels by which drawings differ where the thing is, and an edit where it adds
_DIFFERS, _ADDS = 36, 50
# pixels that a thing covers at least, of 128 × 128, and that an edit changes
_COVERS, _CHANGES = 600, 30
# pixels that are laid in at least
_LEAST = 40
# how much smaller or larger than drawn it may be laid in
_SCALES = (0.7, 1.1)


@dataclass(frozen=True)
class Thing:
    """A thing cut out of a drawing: colours ``[h, w, 3]`` and how much covers ``[h, w, 1]``."""

    colours: Pixels
    cover: Pixels

    @property
    def area(self) -> float:
        """Return how many pixels it covers."""
        return float(self.cover.sum())

    def scaled(self, factor: float) -> "Thing":
        """Return it smaller or larger."""
        height, width = self.cover.shape[:2]
        size = max(round(width * factor), 1), max(round(height * factor), 1)
        colours, cover = (
            cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            for part in (self.colours, self.cover)
        )
        return Thing(np.asarray(colours, np.float32), np.asarray(cover, np.float32)[..., None])


def add_drawn(
    model: "Backbone",
    photo: Image.Image,
    made: Picture,
    thing: str,
    concept: "ConceptTokens",
    options: ImageOptions,
) -> Picture:
    """Lay a thing ("a red ball") into an edit that added it beside a concept, as it is drawn.

    It takes two drawings more, or four. Who stops them gets the edit as it was.
    """

    def draw(there: bool, backdrop: str) -> Image.Image:
        beside = f" with {thing}" if there else ""
        prompt = f"a photo of <{concept.name}>{beside}{backdrop}"
        alike = replace(options, seed=made.seed, size=None)
        return model.generate(prompt, concepts=[concept], options=alike).image

    try:
        return replace(made, image=lay_in(photo, made.image, draw))
    except CancelledError:
        return made


def drawn_thing(beside: Image.Image, without: Image.Image) -> Thing | None:
    """Cut out what one of two drawings has more than the other, None if that is nothing."""
    colours = _pixels(beside)
    differs = cv2.GaussianBlur(np.abs(colours - _pixels(without)).max(axis=2), (3, 3), 0)
    opened = cv2.morphologyEx(
        (differs > _DIFFERS).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    found = _largest(opened)
    if found is None:
        return None
    mask, (x, y, width, height) = found
    # what is white before a white wall is inside all the same
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, -1)
    # the outermost pixels have the wall in them
    inner = cv2.erode(whole, np.ones((3, 3), np.uint8)).astype(np.float32)
    cover = np.asarray(cv2.GaussianBlur(inner, (3, 3), 0), np.float32)
    part = np.s_[y : y + height, x : x + width]
    return Thing(colours[part], cover[part][..., None])


def lay_in(
    photo: Image.Image, edited: Image.Image, draw: Callable[[bool, str], Image.Image]
) -> Image.Image:
    """Lay what ``draw`` draws into a photo where ``edited`` has something more than it.

    ``draw(there, backdrop)`` draws with the thing or without it, by one seed. The edit is given
    back as it is where it adds nothing, or nothing can be cut out.
    """
    before = _pixels(flatten(photo).resize(edited.size, Image.Resampling.LANCZOS))
    changed = (np.abs(_pixels(edited) - before).max(axis=2) > _ADDS).astype(np.uint8)
    place = _largest(cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    if place is None or int(place[0].sum()) < _CHANGES:
        return edited
    thing = _told(draw)
    # a rim where two drawings differ a little is no thing
    return edited if thing is None or thing.area < _LEAST else _laid(before, thing, place[1])


def _told(draw: Callable[[bool, str], Image.Image]) -> Thing | None:
    """Draw a thing before one backdrop after the other until it can be told from that."""
    best: Thing | None = None
    for backdrop in BACKDROPS:
        found = drawn_thing(draw(True, backdrop), draw(False, backdrop))
        if found is not None and (best is None or found.area > best.area):
            best = found
        if best is not None and best.area >= _COVERS:
            break
    return best


def _laid(photo: Pixels, thing: Thing, box: tuple[int, int, int, int]) -> Image.Image:
    """Lay a thing into the middle and on the ground of a box (x, y, width, height)."""
    x, y, width, height = box
    wide, high = thing.cover.shape[1], thing.cover.shape[0]
    thing = thing.scaled(float(np.clip(max(width / wide, height / high), *_SCALES)))
    high, wide = thing.cover.shape[:2]
    left = int(np.clip(x + width // 2 - wide // 2, 0, max(photo.shape[1] - wide, 0)))
    top = int(np.clip(y + height - high, 0, max(photo.shape[0] - high, 0)))
    made = photo.copy()
    part = made[top : top + high, left : left + wide]
    shown = np.s_[: part.shape[0], : part.shape[1]]
    cover = thing.cover[shown]
    part[:] = part * (1 - cover) + thing.colours[shown] * cover
    return Image.fromarray(np.clip(np.rint(made), 0, 255).astype(np.uint8))


def _largest(mask: Any) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]] | None:
    """Return the largest piece of a mask ``[h, w]`` with its box, None if it is empty."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(np.asarray(mask, np.uint8))
    if count < 2:
        return None
    number = 1 + int(np.argmax(boxes[1:, cv2.CC_STAT_AREA]))
    x, y, width, height = (int(one) for one in boxes[number][:4])
    return (labels == number).astype(np.uint8), (x, y, width, height)


def _pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"), np.float32)
