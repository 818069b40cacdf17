"""The colour of a thing in photos, whatever is around it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from assistant.colouring import main_colour
from learning.masks import SubjectMask


class Middle:
    """Take the middle of a photo for its subject."""

    name = "middle"

    def segment(self, image: Image.Image, what: str) -> SubjectMask:
        inside = np.zeros((image.height, image.width), np.bool_)
        inside[image.height // 4 : -image.height // 4, image.width // 4 : -image.width // 4] = True
        return SubjectMask(inside, self.name)

    def segment_all(self, images: Sequence[Image.Image], what: str) -> tuple[SubjectMask, ...]:
        return tuple(self.segment(image, what) for image in images)


def shown(colour: tuple[int, int, int]) -> Image.Image:
    photo = Image.new("RGB", (64, 64), (60, 160, 70))
    photo.paste(colour, (16, 16, 48, 48))
    return photo


def test_the_colour_of_most_photos_is_named_and_not_that_around_it() -> None:
    red, blue = (214, 40, 40), (46, 104, 214)
    assert main_colour(Middle(), [shown(red), shown(blue), shown(red)]) == "red"


def test_without_photos_there_is_no_colour() -> None:
    assert main_colour(Middle(), []) == ""
