"""Real subjects: what is held out of few photos, and figures of as many as there are."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from bench.subjects import Subject, _figures, hold_out, open_subjects, recognise
from omni_errors import InputError
from tests.bench.conftest import photo, write_subjects

GREY = Image.new("RGB", (8, 8), "grey")


@pytest.mark.parametrize(("photos", "held"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (9, 2)])
def test_the_last_photos_are_asked_about_and_at_least_half_learned(photos: int, held: int) -> None:
    files = [Path(f"{n}.png") for n in range(photos)]
    learned, asked = hold_out(files)
    assert len(asked) == held
    assert [*learned, *asked] == files


def test_who_has_a_single_photo_is_left_out_and_named(tmp_path: Path) -> None:
    told = list[str]()
    folder = write_subjects(tmp_path, {"cup": {"class": "cup"}, "pan": {"class": "pan"}}, photos=1)
    with pytest.raises(InputError, match="no subject with two photos"):
        open_subjects(folder, told.append)
    photo(5, "red").save(folder / "pan" / "1.png")
    (pan,) = open_subjects(folder, told.append)
    assert (pan.name, len(pan.shown), len(pan.asked)) == ("pan", 1, 1)
    assert told == [f"Left out, since it has fewer than two photos: {folder / 'cup'}"]


def test_photos_that_are_not_there_count_for_nothing() -> None:
    table = np.full((2, 2, 2), np.nan)
    table[0, 0], table[1, 1, 0] = [1.0, -1.0], 2.0
    table[1, 0], table[0, 1, 0] = [-3.0, -3.0], -3.0
    figures = {one.name: (one.value, one.cases) for one in _figures("x", table)}
    assert figures["x, yes"] == (2 / 3, 3)
    assert figures["x, no"] == (1.0, 3)
    assert figures["x, ranked (area)"] == (1.0, 3)


def test_every_held_out_photo_is_asked_about_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = [Subject(n, n, (GREY,), (GREY,) * len(n)) for n in ("a", "bb")]
    concept = SimpleNamespace(name="sks")
    monkeypatch.setattr("bench.subjects.introduce", lambda model, subject: concept)
    monkeypatch.setattr("bench.subjects.margin", lambda model, reading, name: 1.0)
    reading = SimpleNamespace(add_image=lambda image: None)
    model = cast(Any, SimpleNamespace(read=lambda concepts: reading))
    assert [(one.value, one.cases) for one in recognise(model, subjects)[:2]] == [(1, 3), (0, 3)]
