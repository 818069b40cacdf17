"""A bench's photos are looked at once in a process, however many subjects are scored."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data.items import Bench, Subject
from bench.metrics.similarity import Vectors
from bench.running.suites import SUITES
from bench.running.work import Kit, Work


class Counting:
    """See the mean colour, and count the photos; a model and an encoder at once."""

    name = "counting"
    config = SimpleNamespace(name="tiny")

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        self.seen += len(images)
        return np.stack([np.asarray(image, np.float64).mean(axis=(0, 1)) for image in images])

    def embed_image(self, image: Image.Image) -> torch.Tensor:
        return torch.from_numpy(self.embed([image])[0])


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    for colour in ("red", "blue", "lime"):
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{colour}.png")
    trains = {"anna": ("red.png", "blue.png"), "rex": ("lime.png",)}
    subjects = tuple(Subject(n, f"<{n}>", "dog", True, t, ()) for n, t in trains.items())
    return Bench(0, subjects, (), folder=tmp_path)


def works(kit: Kit, bench: Bench) -> list[Work]:
    recipe = SUITES["smoke"].recipe_for(1, 0)
    given = SUITES["smoke"], recipe, bench.folder
    return [Work(kit, bench, subject, *given) for subject in bench.subjects]


def test_works_of_one_process_share_what_is_seen(bench: Bench) -> None:
    face, eyes = Counting(), Counting()
    kit = Kit(cast(Any, face), [eyes], [])
    for work in works(kit, bench):
        assert work.scorer.looks.means(eyes).tolist() == [[127.5, 0, 127.5], [0, 255, 0]]
        assert list(work.scorer._references) == ["counting"]
        assert len(work.library.vectors) == 3
    assert (face.seen, eyes.seen) == (3, 3)


def test_another_bench_is_looked_at_anew(bench: Bench, tmp_path: Path) -> None:
    kit = Kit(cast(Any, Counting()), [], [])
    other = Bench(1, bench.subjects, (), folder=tmp_path)
    assert kit.seen(bench) is kit.seen(bench)
    assert kit.seen(bench) is not kit.seen(other)
