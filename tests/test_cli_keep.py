"""Everything known goes into one file and comes out of it again."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli
from assistant import Assistant

Out = pytest.CaptureFixture[str]


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_concepts_move_to_another_user(capsys: Out, tmp_path: Path) -> None:
    assistant = Assistant(model="none")
    for name in ("Maeve", "Rex"):
        assistant.memory.concepts.add(assistant.user, name, "dog")
    assistant.close()
    file = str(tmp_path / "all.zip")
    assert run(capsys, "export", file) == {"path": file, "concepts": 2}
    assert run(capsys, "import", file, "--user", "ben") == {"concepts": ["Maeve", "Rex"]}
    assert cli.run(["export", file]) == 2
    assert cli.run(["import", file]) == 2


def test_there_must_be_something_to_take_along(capsys: Out, tmp_path: Path) -> None:
    assert cli.run(["export", str(tmp_path / "none.zip")]) == 2
    assert cli.run(["import", str(tmp_path / "none.zip")]) != 0
