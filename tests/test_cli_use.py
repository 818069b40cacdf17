"""One turn each: what is printed where."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import cli
import cli_use
from assistant.results import Answer, Drawing, Question

Out = pytest.CaptureFixture[str]


class Once:
    """Answer everything with one answer, and remember how it was asked."""

    def __init__(self, answer: Answer | Drawing) -> None:
        self.result = answer
        self.asked: dict[str, Any] = {}

    def ask(self, text: str, images: Any) -> Any:
        self.asked = {"text": text, "images": images}
        return self.result

    def draw(self, text: str, **how: Any) -> Any:
        self.asked = {"text": text, **how}
        return self.result


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(answer: Answer | Drawing) -> Once:
        once = Once(answer)
        monkeypatch.setattr(cli_use, "open_assistant", lambda user, model: once)
        return once

    return put


def test_an_answer_is_printed_as_it_is(stand_in: Any, capsys: Out) -> None:
    stand_in(Answer("[bold]Here[/nope]\x1b[31m"))
    assert cli.run(["ask", "Where?"]) == 0
    assert capsys.readouterr() == ("[bold]Here[/nope]\ufffd[31m\n", "")


def test_a_question_back_says_where_to_answer(stand_in: Any, capsys: Out) -> None:
    question = Question("clarify", "Who?", ("Maeve", "Rex"))
    stand_in(Answer("Who?", conversation="abc", question=question))
    assert cli.run(["ask", "Is she here?"]) == 0
    out, err = capsys.readouterr()
    assert out == "Who?\n" and "omni chat --id abc" in err
    assert cli.run(["ask", "Is she here?", "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)["question"]
    assert asked == {"kind": "clarify", "text": "Who?", "choices": ["Maeve", "Rex"]}


@pytest.mark.parametrize(("flags", "replay"), [([], True), (["--no-replay"], False)])
def test_a_picture_prints_its_path_alone(
    stand_in: Any, capsys: Out, tmp_path: Path, flags: list[str], replay: bool
) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(path)
    once = stand_in(Drawing(path, 7, (8, 8), "Maeve", "Draw <Maeve>."))
    assert cli.run(["draw", "Maeve", "--seed", "7", "-o", str(tmp_path), *flags]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (f"{path}\n", "Seed 7. Drawn: Draw Maeve.\n")
    assert once.asked == {"text": "Maeve", "seed": 7, "folder": tmp_path, "replay": replay}
