"""Assistants on the tiny model, and photos of two things."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

import backbone
from assistant import Assistant
from backbone import Backbone
from memory import Memory, open_memory

_load = backbone.load


@cache
def _tiny() -> Backbone:
    return _load("tiny")


@pytest.fixture(autouse=True)
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the tiny model once; nothing changes it."""
    monkeypatch.setattr(backbone, "load", lambda name: _tiny() if name == "tiny" else _load(name))


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    """Give an assistant whose home is the test's own."""
    made = Assistant(user="ana", model="tiny")
    yield made
    made.close()


@pytest.fixture
def ben() -> Iterator[Assistant]:
    """Give another user's assistant in the same home."""
    made = Assistant(user="ben", model="tiny")
    yield made
    made.close()


class Store(NamedTuple):
    """A memory and a user of it; no model is near."""

    memory: Memory
    user: str


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_memory(tmp_path / "store") as memory:
        yield Store(memory, memory.users.ensure("ana").id)


def paint(seed: int, number: int = 0) -> Image.Image:
    """Draw coarse squares: one seed is one thing, another number another photo of it."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 6, 3))
    noise = np.random.default_rng([seed, number]).integers(-40, 40, (4, 6, 3))
    cells = np.clip(colours + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(cells).resize((96, 64), Image.Resampling.NEAREST)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write three photos of one thing and one of another into folders, and a new one of each."""
    for name, count, seed in (("maeve", 3, 1), ("rex", 1, 9)):
        (tmp_path / name).mkdir()
        for number in range(count):
            paint(seed, number).save(tmp_path / name / f"{number}.png")
        paint(seed, 99).save(tmp_path / f"new-{name}.png")
    return tmp_path


@pytest.fixture
def known(assistant: Assistant, photos: Path) -> Assistant:
    """Give an assistant that knows one thing."""
    assistant.concepts.add(
        [photos / "maeve"], name="Maeve", class_name="dog", facts=["Her toy is red."]
    )
    return assistant
