"""First rows draw from the photo whose drawing looks most like all photos."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from backbone import ConceptTokens
from backbone.face import Backbone
from learning import portrait
from learning.likeness import looks_of
from learning.portrait import write_rows
from tests.learning.conftest import photo


class Writer:
    """Write the number of the photo into rows that draw."""

    # names are left as they are
    writer = None

    def __init__(self, tiny: Backbone, photos: Sequence[Image.Image]) -> None:
        self.tiny, self.photos = tiny, list(photos)
        self.model, self.config = tiny.model, tiny.config

    def embed_image(self, image: Image.Image) -> torch.Tensor:
        return self.tiny.embed_image(image)

    def write_concept(self, name: str, photos: Any, masks: Any = None) -> ConceptTokens:
        rows = ConceptTokens.random(
            name, self.config, torch.Generator().manual_seed(1), und_rows=4, gen_rows=4
        )
        number = self.photos.index(photos[0]) if len(photos) == 1 else -1
        with torch.no_grad():
            rows.gen.fill_(number)
        return rows


def test_names_are_levelled_once_all_rows_are_there(
    tiny: Backbone, photos: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(portrait, "level", lambda face, rows: seen.append(int(rows.gen[0, 0])))
    written(tiny, photos, monkeypatch, best=3)
    assert seen == [3]


@pytest.fixture
def photos() -> list[Image.Image]:
    return [photo(number, side=48) for number in range(6)]


def masks(photos: Sequence[Image.Image]) -> list[Any]:
    inside = np.zeros((48, 48), np.bool_)
    inside[12:36, 12:36] = True
    return [inside for _ in photos]


def written(
    tiny: Backbone, photos: list[Image.Image], monkeypatch: pytest.MonkeyPatch, best: int
) -> tuple[ConceptTokens, list[int]]:
    tried: list[int] = []

    def alike(face: Any, rows: ConceptTokens, *_: Any) -> float:
        tried.append(int(rows.gen[0, 0]))
        return float(tried[-1] == best)

    monkeypatch.setattr(portrait, "likeness", alike)
    monkeypatch.setattr(portrait, "_TRIED", len(photos))
    face = cast("Backbone", Writer(tiny, photos))
    return write_rows(face, "ball", photos, masks(photos)), tried


@pytest.mark.parametrize("best", [0, 3, 5])
def test_the_portrait_that_draws_best_is_taken(
    tiny: Backbone, photos: list[Image.Image], monkeypatch: pytest.MonkeyPatch, best: int
) -> None:
    rows, tried = written(tiny, photos, monkeypatch, best)
    assert (rows.gen == best).all() and sorted(tried) == list(range(6))


def test_understanding_rows_weigh_all_photos(
    tiny: Backbone, photos: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, _ = written(tiny, photos, monkeypatch, 2)
    whole = cast("Backbone", Writer(tiny, photos)).write_concept("ball", photos)
    assert torch.equal(rows.und, whole.und)


def test_few_are_tried(tiny: Backbone, photos: list[Image.Image]) -> None:
    looks = looks_of(tiny, photos, [photo(9, "navy")])
    assert looks is not None
    few = portrait._promising(tiny, photos, masks(photos), looks)
    assert len(few) == len(set(few)) == 4


def test_one_photo_or_no_masks_leave_no_choice(tiny: Backbone, photos: list[Image.Image]) -> None:
    face = cast("Backbone", Writer(tiny, photos))
    assert (write_rows(face, "ball", photos).gen == -1).all()
    assert (write_rows(face, "ball", photos[:1], masks(photos[:1])).gen == 0).all()
