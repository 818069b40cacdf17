"""What is still seen after its removal is removed again, from what came of it."""

import pytest
from PIL import Image

from backbone.painting import Picture
from backbone.removal import remove_again
from omni_errors import CancelledError


def darkened(image: Image.Image) -> Picture:
    return Picture(Image.new("L", (1, 1), level(image) - 1), 0, (1, 1))


def level(image: Image.Image) -> int:
    found = image.getpixel((0, 0))
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize(("seen_above", "left"), [(8, 8), (7, 7), (6, 6), (0, 6)])
def test_a_removal_is_done_at_most_three_times(seen_above: int, left: int) -> None:
    first = darkened(Image.new("L", (1, 1), 9))
    made = remove_again(first, darkened, lambda image: level(image) > seen_above)
    assert level(made.image) == left


def test_who_stops_a_second_look_gets_what_the_first_made() -> None:
    def stopped(image: Image.Image) -> Picture:
        raise CancelledError("Stopped.")

    first = darkened(Image.new("L", (1, 1), 9))
    assert remove_again(first, stopped, lambda image: True) is first
