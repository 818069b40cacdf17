"""What is still seen is removed again, and what is added is laid in as it is drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from PIL import Image

from assistant import Assistant
from assistant.painting import Studio
from backbone.painting import ImageOptions, Picture
from omni_errors import ResourceError


class Fading:
    """A model whose edits darken a picture by a step."""

    def __init__(self, edit_limit: float | None = None) -> None:
        self.seeds: list[int | None] = []
        self.config = SimpleNamespace(sampling=SimpleNamespace(edit_limit=edit_limit))

    def edit(self, image: Image.Image, prompt: str, *, options: ImageOptions, **_: Any) -> Picture:
        self.seeds.append(options.seed)
        level = cast(int, image.getpixel((0, 0)))
        return Picture(Image.new("L", (1, 1), level - 1), options.seed or 0, (1, 1))


def edited(
    monkeypatch: pytest.MonkeyPatch, model: Fading, seen_above: int = 9, **how: str
) -> Image.Image:
    """Edit a picture of level 9, and return the one that is kept."""
    photo, kept = Image.new("L", (1, 1), 9), list[Picture]()
    studio = Studio(
        lambda: cast(Any, model),
        lambda concepts: cast(Any, list(concepts)),
        cast(Any, SimpleNamespace(open=lambda image: [photo])),
        cast(Any, SimpleNamespace(begin_picture=lambda seed: None, stopped=lambda: False)),
        text="remove Maeve",
        folder=Path(),
        versions=lambda concepts: {},
        sees=lambda concept, image: cast(int, image.getpixel((0, 0))) > seen_above,
    )
    monkeypatch.setattr(studio, "_keep", lambda *given: kept.append(given[3]))
    studio.edit("photo", "remove <maeve>", ["c1"], 5, **how)
    return kept[0].image


@pytest.mark.parametrize(
    ("seen_above", "removed", "level"), [(8, "c1", 8), (7, "c1", 7), (0, "c1", 6), (0, "", 8)]
)
def test_a_removal_is_done_again_while_the_concept_is_seen(
    monkeypatch: pytest.MonkeyPatch, seen_above: int, removed: str, level: int
) -> None:
    model = Fading()
    kept = edited(monkeypatch, model, seen_above, removed=removed)
    assert kept.getpixel((0, 0)) == level
    assert model.seeds == [5] * (9 - level)


@pytest.mark.parametrize(
    ("limit", "beside", "laid"), [(0.1, "c2", True), (None, "c2", False), (0.1, "", False)]
)
def test_what_is_added_is_laid_in_where_the_photo_s_pixels_are_kept(
    monkeypatch: pytest.MonkeyPatch, limit: float | None, beside: str, laid: bool
) -> None:
    asked: list[tuple[str, str]] = []

    def lay(model: Any, photo: Any, made: Picture, thing: str, concept: str, _: Any) -> Picture:
        asked.append((thing, concept))
        return made

    monkeypatch.setattr("backbone.adding.add_drawn", lay)
    edited(monkeypatch, Fading(limit), added="a red ball", beside=beside)
    assert asked == ([("a red ball", "c2")] if laid else [])


def test_a_picture_that_the_memory_cannot_keep_leaves_no_file(
    known: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(known.memory.vault.list())
    monkeypatch.setattr(type(known.memory.images), "add", Mock(side_effect=ResourceError("full")))
    with pytest.raises(ResourceError, match="full"):
        known.draw("Maeve at sea", seed=1)
    assert not list(known.picture_folder().glob("*.png"))
    assert set(known.memory.vault.list()) == before
