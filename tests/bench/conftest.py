"""Folders of photos of three things, and a bench built of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from bench.data.items import Bench
from bench.data.opening import open_bench


def photo(seed: int, colour: str, side: int = 64) -> Image.Image:
    """Draw a disc on noise that is another for each seed."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 8, (side, side, 3)) + rng.integers(40, 200, 3)
    image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    x, y = rng.integers(side // 5, side // 3, 2)
    ImageDraw.Draw(image).ellipse((x, y, x + side // 2, y + side // 2), fill=colour)
    return image


def write_subjects(folder: Path, records: dict[str, dict[str, object]], photos: int = 4) -> Path:
    """Write a folder of photos for each record."""
    for number, (name, record) in enumerate(records.items()):
        (folder / name).mkdir(parents=True)
        (folder / name / "concept.json").write_text(json.dumps(record))
        for turn in range(photos):
            colour = ("darkorange", "navy", "white")[number % 3]
            photo(10 * number + turn, colour).save(folder / name / f"{turn}.png")
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("subjects")
    return write_subjects(
        folder, {"ball": {"class": "ball"}, "ball2": {"class": "ball"}, "rex": {"class": "dog"}}
    )


@pytest.fixture(scope="session")
def bench(subjects: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return open_bench(subjects, tmp_path_factory.mktemp("bench"), seed=5, held_out=1)
