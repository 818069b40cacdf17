"""One tiny model for the whole room, and photos to learn from."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from backbone import load
from backbone.face import Backbone
from learning.examples import ExampleSet, Material, Negative, make_examples


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Use one thread: steps of milliseconds gain nothing from two that wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny() -> Backbone:
    return load("tiny")


def photo(seed: int, colour: str = "darkorange", side: int = 48) -> Image.Image:
    """Draw a disc on noise that is another for each seed."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 8, (side, side, 3)) + rng.integers(40, 200, 3)
    image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    x, y = rng.integers(side // 5, side // 3, 2)
    ImageDraw.Draw(image).ellipse((x, y, x + side // 2, y + side // 2), fill=colour)
    return image


@pytest.fixture(scope="session")
def material() -> Material:
    return Material(
        "ball",
        "ball",
        tuple(photo(n) for n in range(4)),
        ("her colour is orange", "she likes grass"),
        negatives=(
            Negative(photo(7, "navy"), "ball"),
            Negative(photo(8, "white"), "ball"),
            Negative(photo(9, "black"), "cup"),
        ),
    )


@pytest.fixture(scope="session")
def examples(material: Material) -> ExampleSet:
    return make_examples(material)
