"""One turn each: what is printed where."""

import io
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


DRAW = ["draw", "a bed", "--model", "tiny"]


def drawn(capsys: Out, *more: str) -> Any:
    assert cli.run([*DRAW, *more, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_several_pictures_count_their_seeds_up(capsys: Out, tmp_path: Path) -> None:
    made = drawn(capsys, "-n", "2", "--seed", "7", "-o", str(tmp_path))["pictures"]
    assert [one["seed"] for one in made] == [7, 8]
    assert len({one["path"] for one in made}) == 2
    assert len(drawn(capsys, "-n", "1")["pictures"]) == 1
    assert cli.run([*DRAW, "-n", "2", "-o", str(tmp_path)]) == 0
    paths = capsys.readouterr().out.split()
    assert len(paths) == 2 and all(Path(path).is_file() for path in paths)


@pytest.mark.parametrize("flags", [["-n", "0"], ["-n", "2", "--seed", str(2**63 - 1)]])
def test_seeds_that_run_out_are_refused_before_anything_is_drawn(
    capsys: Out, tmp_path: Path, flags: list[str]
) -> None:
    assert cli.run([*DRAW, "-o", str(tmp_path / "out"), *flags]) == 2
    assert not (tmp_path / "out").exists()


def test_a_file_without_metadata_has_pixels_only(capsys: Out, tmp_path: Path) -> None:
    told = drawn(capsys, "--seed", "7", "-o", str(tmp_path))
    bare = drawn(capsys, "--seed", "7", "-o", str(tmp_path), "--no-metadata")
    with Image.open(told["path"]) as one, Image.open(bare["path"]) as other:
        assert one.tobytes() == other.tobytes()
        assert one.info["omni"] and other.info == {}
    call = ["edit", bare["path"], "Remove it.", "--no-metadata", "-o", str(tmp_path)]
    assert cli.run([*call, "--model", "tiny", "--json"]) == 0
    with Image.open(json.loads(capsys.readouterr().out)["path"]) as edited:
        assert edited.info == {}
    assert len(list(tmp_path.glob("*.png"))) == 3


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(data))
    monkeypatch.setattr("sys.stdin", stdin)


def test_a_photo_may_come_on_stdin(monkeypatch: pytest.MonkeyPatch, stand_in: Any) -> None:
    once = stand_in(Answer("A dog."))
    piped(monkeypatch, b"pixels")
    assert cli.run(["ask", "Who is this?", "-a", "a.png", "-a", "-"]) == 0
    first, second = once.asked["images"]
    assert first == Path("a.png") and second.name == "stdin" and not second.exists()


def test_a_pattern_is_all_photos_that_it_fits(stand_in: Any, tmp_path: Path) -> None:
    once = stand_in(Answer("Two."))
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (32, 32), colour).save(tmp_path / name)
    assert cli.run(["ask", "Who?", "-a", f"{tmp_path}/*.png", "-a", "c.png"]) == 0
    assert once.asked["images"] == [tmp_path / "a.png", tmp_path / "b.png", Path("c.png")]
    assert cli.run(["ask", "Who?", "-a", f"{tmp_path}/*.webp"]) == 3


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["ask", "-a", "-"], "cannot both come from stdin"),
        (["ask", "Who?", "-a", "-", "--model", "tiny"], "stdin: "),
        (["ask", "Who?", "-a", "-", "-a", "-"], "Nothing came on stdin"),
    ],
)
def test_what_comes_on_stdin_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: Out, call: list[str], said: str
) -> None:
    piped(monkeypatch, b"no picture")
    assert cli.run(call) == 2
    assert said in capsys.readouterr().err
