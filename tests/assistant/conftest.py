"""An assistant on the tiny model, and photos of two things."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant import Assistant


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    """Give an assistant whose home is the test's own."""
    made = Assistant(user="ana", model="tiny")
    yield made
    made.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write three photos of one thing and one of another into folders."""
    for name, count, seed in (("maeve", 3, 1), ("rex", 1, 9)):
        (tmp_path / name).mkdir()
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            cells = rng.integers(0, 256, (4, 6, 3), np.uint8)
            image = Image.fromarray(cells).resize((96, 64), Image.Resampling.NEAREST)
            image.save(tmp_path / name / f"{number}.png")
    return tmp_path
