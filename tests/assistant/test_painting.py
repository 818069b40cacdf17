"""What is still seen after its removal is removed again, from what came of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from assistant.painting import Studio
from backbone.painting import ImageOptions, Picture


class Fading:
    """A model whose edits darken a picture by a step."""

    def __init__(self) -> None:
        self.seeds: list[int | None] = []

    def edit(self, image: Image.Image, prompt: str, *, options: ImageOptions, **_: Any) -> Picture:
        self.seeds.append(options.seed)
        level = cast(int, image.getpixel((0, 0)))
        return Picture(Image.new("L", (1, 1), level - 1), options.seed or 0, (1, 1))


def removed_from(
    monkeypatch: pytest.MonkeyPatch, seen_above: int, removed: str
) -> tuple[int, list[int | None]]:
    """Edit a picture of level 9, and return the level that is kept and the seeds."""
    model, photo, kept = Fading(), Image.new("L", (1, 1), 9), list[Picture]()
    studio = Studio(
        lambda: cast(Any, model),
        lambda concepts: [],
        cast(Any, SimpleNamespace(open=lambda image: [photo])),
        cast(Any, SimpleNamespace(begin_picture=lambda seed: None, stopped=lambda: False)),
        text="remove Maeve",
        folder=Path(),
        versions=lambda concepts: {},
        sees=lambda concept, image: cast(int, image.getpixel((0, 0))) > seen_above,
    )
    monkeypatch.setattr(studio, "_keep", lambda *given: kept.append(given[3]))
    studio.edit("photo", "remove <maeve>", ["c1"], 5, removed=removed)
    return cast(int, kept[0].image.getpixel((0, 0))), model.seeds


@pytest.mark.parametrize(
    ("seen_above", "removed", "level"), [(8, "c1", 8), (7, "c1", 7), (0, "c1", 6), (0, "", 8)]
)
def test_a_removal_is_done_again_while_the_concept_is_seen(
    monkeypatch: pytest.MonkeyPatch, seen_above: int, removed: str, level: int
) -> None:
    kept, seeds = removed_from(monkeypatch, seen_above, removed)
    assert kept == level
    assert seeds == [5] * (9 - level)
