"""Twelve turns as somebody types them, in two processes that follow each other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cli
from tests.assistant.conftest import paint

ROOT = Path(__file__).parents[1]
Out = pytest.CaptureFixture[str]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write photos of two things, and new ones."""
    for name, seed in (("maeve", 1), ("rex", 9)):
        (tmp_path / name).mkdir()
        for number in range(3):
            paint(seed, number).save(tmp_path / name / f"{number}.png")
        paint(seed, 99).save(tmp_path / f"new-{name}.png")
    return tmp_path


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


def learn(capsys: Out, folder: Path, name: str, kind: str, *more: str) -> None:
    known = ["--name", name, "--class", kind, "--preset", "none", "--model", "tiny", *more]
    run(capsys, "concept", "add", str(folder), *known)


def type_in(lines: list[str], *arguments: str) -> list[str]:
    """Type lines into a chat of its own process; return what came out."""
    command = [sys.executable, "-m", "cli", "chat", "--model", "tiny", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_twelve_turns_in_two_processes(photos: Path, capsys: Out) -> None:
    learn(capsys, photos / "maeve", "Maeve", "dog", "--fact", "Her toy is red.")
    learn(capsys, photos / "rex", "Rex", "cat")
    first = type_in(
        [
            "What is Maeve's toy?",
            f"{photos / 'new-maeve.png'} What is Maeve doing in this photo?",
            "draw her with her toy",
            "now make it night",
            "draw Maeve and Rex on the beach",
            "remember that Rex lives in a barn",
            "yes",
            "/why",
            "Where does Rex live?",
        ]
    )
    pictures = [Path(line) for line in first if line.endswith(".png")]
    assert len(pictures) == 3 and all(path.is_file() for path in pictures)
    assert any("a fact to be remembered" in line for line in first)
    second = type_in(
        [
            f"{photos / 'maeve' / '0.png'} Who is this?",
            "draw her at sea",
            "/forget Maeve",
            "yes",
            f"{photos / 'maeve' / '0.png'} Who is this?",
            "What is Maeve's toy?",
        ],
        "--continue",
    )
    assert "This is Maeve." in second and "Maeve is forgotten." in second
    assert "This is Maeve." not in second[second.index("Maeve is forgotten.") :]
    turns = run(capsys, "log", "list", "-n", "20")["turns"]
    assert len({turn["conversation"] for turn in turns}) == 1
    assert [turn["intent"] for turn in turns] == [
        *("understand", "understand", "generate", "edit", "generate", "remember", "understand"),
        *("recognise", "generate", "recognise", "understand"),
    ]
    assert run(capsys, "concept", "list")["concepts"][0]["facts"] == 1
