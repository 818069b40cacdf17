"""Variations are other pictures of the same subject."""

import numpy as np
import pytest
from PIL import Image

from learning.variations import vary
from tests.learning.conftest import photo


def marked(seed: int) -> tuple[Image.Image, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Return a grey photo with a red square off the middle, and where that is."""
    pixels = np.full((60, 80, 3), 128, np.uint8)
    mask = np.zeros((60, 80), bool)
    mask[30:50, 10 + seed : 30 + seed] = True
    pixels[mask] = (220, 20, 20)
    return Image.fromarray(pixels), mask


def red(picture: Image.Image) -> int:
    pixels = np.asarray(picture).astype(int)
    return int((pixels[..., 0] - pixels[..., 1] > 60).sum())


def test_each_photo_is_varied_in_turn_and_no_variation_is_another() -> None:
    photos = [photo(1), photo(2)]
    made = vary(photos, None, 5, np.random.default_rng(0))
    assert len(made) == 5
    assert len({picture.tobytes() for picture in (*photos, *made)}) == 7


def test_variations_follow_from_the_generator() -> None:
    both = [vary([photo(1)], None, 3, np.random.default_rng(4)) for _ in range(2)]
    assert [one.tobytes() for one in both[0]] == [one.tobytes() for one in both[1]]


@pytest.mark.parametrize("seed", range(4))
def test_parts_keep_most_of_the_subject(seed: int) -> None:
    picture, mask = marked(seed)
    for made in vary([picture], [mask], 8, np.random.default_rng(seed)):
        assert red(made) >= 0.75 * mask.sum()


def test_without_photos_there_are_no_variations() -> None:
    assert vary([], None, 3, np.random.default_rng(0)) == ()


def test_a_photo_of_one_pixel_is_varied() -> None:
    (made,) = vary([Image.new("RGB", (1, 1))], None, 1, np.random.default_rng(0))
    assert made.size == (1, 1)
