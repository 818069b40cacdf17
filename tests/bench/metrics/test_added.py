"""What was added is where pictures differ, and has a colour."""

import numpy as np
from PIL import Image

from bench.metrics.added import added_colour

LAWN = Image.new("RGB", (64, 64), (90, 160, 70))


def with_patch(colour: tuple[int, int, int], size: int = 16) -> Image.Image:
    made = LAWN.copy()
    made.paste(colour, (10, 20, 10 + size, 20 + size))
    return made


def test_what_was_added_has_its_colour() -> None:
    assert added_colour(LAWN, with_patch((214, 40, 40))) == "red"
    assert added_colour(LAWN, with_patch((46, 104, 214))) == "blue"


def test_the_largest_piece_counts() -> None:
    both = with_patch((46, 104, 214), 24)
    both.paste((214, 40, 40), (50, 50, 58, 58))
    assert added_colour(LAWN, both) == "blue"


def test_noise_and_specks_add_nothing() -> None:
    noise = np.random.default_rng(1).integers(-20, 20, (64, 64, 3))
    noisy = Image.fromarray((np.asarray(LAWN, np.int16) + noise).astype(np.uint8))
    assert added_colour(LAWN, noisy) == ""
    assert added_colour(LAWN, with_patch((214, 40, 40), 4)) == ""


def test_sizes_may_differ() -> None:
    assert added_colour(LAWN.resize((128, 128)), with_patch((214, 40, 40))) == "red"
