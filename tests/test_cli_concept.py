"""Concepts and single turns from the command line, on the tiny model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cli

Out = pytest.CaptureFixture[str]
TINY = ["--model", "tiny"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        cells = np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8)
        image = Image.fromarray(cells).resize((96, 64), Image.Resampling.NEAREST)
        image.save(folder / f"{number}.png")
    return folder


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def add(capsys: Out, photos: Path, *more: str) -> Any:
    call = ["concept", "add", str(photos), "--name", "Maeve", "--class", "dog", *TINY]
    return run(capsys, *call, "--preset", "none", *more)


def test_a_concept_is_added_listed_and_shown(capsys: Out, photos: Path) -> None:
    added = add(capsys, photos, "--fact", "Her toy is red.", "--fact", "She is old.")
    assert (added["photos"], added["version"]) == (2, 1)
    assert added["facts"] == ["Her toy is red.", "She is old."]
    assert run(capsys, "concept", "list")["concepts"][0]["facts"] == 2
    assert run(capsys, "concept", "show", "maeve")["class"] == "dog"


def test_a_turn_tells_whom_it_was_about(capsys: Out, photos: Path, tmp_path: Path) -> None:
    add(capsys, photos)
    assert run(capsys, "ask", "Who is Maeve?", *TINY)["concepts"] == ["Maeve"]
    drawn = run(capsys, "draw", "Maeve at sea", "--seed", "4", "-o", str(tmp_path), *TINY)
    assert (drawn["seed"], drawn["concepts"]) == (4, ["Maeve"])
    edited = run(capsys, "edit", drawn["path"], "Remove Maeve.", "--seed", "5", *TINY)
    assert Path(edited["path"]).is_file()


def test_forgetting_asks_first_and_prints_a_receipt(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    assert cli.run(["concept", "forget", "Maeve"]) == 4
    assert "--yes" in capsys.readouterr().err
    receipt = run(capsys, "concept", "forget", "Maeve", "--yes")
    assert receipt["found"] == [] and receipt["files_searched"] > 0
    assert run(capsys, "concept", "list") == {"concepts": []}


def test_a_concept_is_tested_and_renamed(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    tested = run(capsys, "concept", "test", "Maeve", *TINY)
    assert tested["cases"] == 2 and tested["no"] is None
    assert cli.run(["concept", "rename", "Maeve", "Mae"]) == 0
    assert cli.run(["concept", "show", "Maeve"]) == 3


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (["concept", "show", "nobody"], 3, "nobody"),
        (["ask", " ", *TINY], 2, "no text"),
        (["edit", "missing.png", "Remove it.", *TINY], 3, "missing.png"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    capsys: Out, call: list[str], code: int, said: str
) -> None:
    assert cli.run(call) == code
    assert said in capsys.readouterr().err


def test_users_have_their_own_concepts(capsys: Out, photos: Path) -> None:
    add(capsys, photos, "--user", "ana")
    assert run(capsys, "concept", "list", "--user", "ben") == {"concepts": []}
    assert len(run(capsys, "concept", "list", "--user", "ana")["concepts"]) == 1
