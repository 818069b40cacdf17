"""A clear cut-out is worth more than one that failed."""

import cv2
import numpy as np

from backbone.mini.clarity import clarity
from backbone.mini.scene import Mask


def disc(x: int = 46, radius: int = 30) -> Mask:
    drawn = cv2.circle(np.zeros((100, 100), np.uint8), (x, 50), radius, 1, -1)
    return np.asarray(drawn > 0)


def test_an_outline_in_the_middle_is_clear() -> None:
    assert clarity(disc()) > 0.9


def test_guesses_the_border_a_speck_and_pieces_are_not() -> None:
    box = np.zeros((100, 100), np.bool_)
    box[20:80, 20:80] = True
    pieces = disc(20, 15) | disc(80, 15)
    for mask in (box, disc(0), disc(radius=6), disc(50), pieces, np.zeros_like(box)):
        assert clarity(mask) < 0.7 * clarity(disc())
