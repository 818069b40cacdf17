"""Where a photo was taken, in words for its caption, "" where that is not clear.

A caption that names the background keeps it from being taken for a part of the subject; one that
names a wrong one does harm. So colours speak only where they are plain, and a model that sees is
believed only after it told drawn places apart, and only where it is clearly in favour of one.

Letters: ``H W`` pixels, ``n`` of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.face import Backbone
from backbone.mini.places import PLACES
from backbone.mini.words import sentence
from learning.edit_pairs import world_of
from learning.inpainting import grown
from learning.masks import Segmenter, SubjectMask, outline_all

__all__ = ["AskedModel", "background_of", "name_places"]

# photos are looked at with this longest side, in pixels
_SIDE = 256
# a background of less is too little to judge by
_LEAST = 0.15
_QUESTION = "Where is this?"
# drawn places that a model has to tell apart, how many of them, and their size in pixels
_EXAM = ("beach", "snow", "forest", "kitchen", "pink studio")
_PASSED, _EXAM_SIDE = 4, 128
# all places there are names for
_NAMES = tuple(PLACES)
# nats by which the likeliest place has to be ahead
_AHEAD = 2.0


@dataclass(frozen=True)
class _Colour:
    """A background of one colour: its bounds in OpenCV's hue, saturation and value."""

    phrase: str
    least: tuple[int, int, int]
    most: tuple[int, int, int]
    # of the background's pixels
    share: float


_COLOURS = (
    _Colour("on a white background", (0, 0, 205), (180, 40, 255), 0.85),
    _Colour("on a pink background", (150, 40, 150), (176, 200, 255), 0.85),
    _Colour("on the grass", (28, 70, 40), (70, 255, 255), 0.75),
)


def name_places(
    face: Backbone, photos: Sequence[Image.Image], segmenter: Segmenter, class_word: str
) -> tuple[str, ...]:
    """Say of each photo where it was taken ("on the grass"), "" where that is not clear."""
    asked, found = AskedModel(face), []
    smalls = [photo.convert("RGB") for photo in photos]
    for small in smalls:
        small.thumbnail((_SIDE, _SIDE))
    masks = outline_all(segmenter, smalls, class_word)
    for small, mask in zip(smalls, masks, strict=True):
        place = background_of(small, mask)
        found.append(place or asked.tell(small))
    return tuple(found)


def background_of(photo: Image.Image, mask: SubjectMask) -> str:
    """Name a background that is plain from its colours, "" for any other.

    A subject that could not be outlined hides what is background.
    """
    around = ~grown(mask.inside)
    if not mask.outlined or around.mean() < _LEAST:
        return ""
    whole = cv2.cvtColor(np.asarray(photo.convert("RGB")), cv2.COLOR_RGB2HSV)
    pixels = np.asarray(whole, np.uint8)[around]
    shares = [_share(pixels, colour) for colour in _COLOURS]
    fits = [c.phrase for c, share in zip(_COLOURS, shares, strict=True) if share >= c.share]
    return fits[0] if fits else ""


def _share(pixels: NDArray[np.uint8], colour: _Colour) -> float:
    """Return the part of pixels ``[n, 3]`` that lie within a colour's bounds."""
    inside = (pixels >= colour.least) & (pixels <= colour.most)
    return float(inside.all(1).mean())


class AskedModel:
    """Ask a model where a photo was taken, among the places there are names for."""

    def __init__(self, face: Backbone) -> None:
        self.face = face

    def tell(self, photo: Image.Image) -> str:
        """Say where it is, "" if the model does not know or cannot tell places apart."""
        if not self.sees:
            return ""
        # what is likely whatever is shown says nothing
        scores = self._scores(photo) - self._of_drawn.mean(0)
        last, best = np.argsort(scores)[-2:]
        return _phrase(_NAMES[best]) if scores[best] - scores[last] >= _AHEAD else ""

    @cached_property
    def sees(self) -> bool:
        """Tell whether the model knows drawn places from each other."""
        if self.face.model.vit_model is None:
            return False
        scores = self._of_drawn[:, [_NAMES.index(place) for place in _EXAM]]
        # what it says of all pictures alike is habit
        right = (scores - scores.mean(0)).argmax(1) == np.arange(len(_EXAM))
        return int(right.sum()) >= _PASSED

    @cached_property
    def _of_drawn(self) -> NDArray[np.float64]:
        """Say how likely each place is in a picture of each that is asked first."""
        return np.stack([self._scores(picture) for picture in self._drawn])

    @property
    def _drawn(self) -> tuple[Image.Image, ...]:
        backdrops, rng = world_of(_EXAM_SIDE).backdrops, np.random.default_rng(0)
        return tuple(Image.fromarray(backdrops.take(place, rng).image) for place in _EXAM)

    def _scores(self, photo: Image.Image) -> NDArray[np.float64]:
        """Say how likely each place is."""
        reading = self.face.read().add_image(photo).add_text(_QUESTION)
        said = [f"{sentence(_phrase(place))}." for place in _NAMES]
        return np.array([one.log_probability for one in self.face.scores(reading, said)])


def _phrase(place: str) -> str:
    return PLACES[place].phrases[0]
