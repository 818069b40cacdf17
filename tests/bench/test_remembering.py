"""What the model says of photos it is asked about, counted."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from bench.remembering import Table, measure_table, own_word
from tests.bench.conftest import photo, write_subjects


def test_yes_and_no_weigh_the_same() -> None:
    margins = np.array([[1.0, -1.0], [2.0, 3.0], [-1.0, -2.0]])
    table = Table(np.zeros((3, 2)), margins, np.array([0, 1, 1]))
    said = own_word(table)
    assert (said["yes"], said["no"]) == (2 / 3, 2 / 3)
    assert said["weighted"] == 2 / 3


def test_the_area_asks_no_threshold() -> None:
    margins = np.array([[-1.0, -3.0], [-2.0, -0.5]])
    said = own_word(Table(np.zeros((2, 2)), margins, np.array([0, 1])))
    assert (said["yes"], said["area"]) == (0, 1)


def test_few_photos_are_shared_out_and_one_alone_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_subjects(tmp_path, {"cup": {"class": "cup"}, "pan": {"class": "pan"}}, photos=1)
    photo(5, "red").save(folder / "pan" / "1.png")
    assistant, asked = Mock(), list[Any]()
    monkeypatch.setattr("bench.remembering.Assistant", lambda **given: assistant)
    monkeypatch.setattr("bench.remembering._table", lambda _, files, told: asked.extend(files))
    measure_table(folder, "tiny")
    assert assistant.concepts.add.call_args.args == ([folder / "pan" / "0.png"],)
    assert asked == [[folder / "pan" / "1.png"]]
    assert f"fewer than two photos: {folder / 'cup'}" in capsys.readouterr().err
