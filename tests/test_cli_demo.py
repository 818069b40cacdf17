"""The demo tells what happened, right or wrong, on a page that runs nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

import cli
from assistant import Assistant
from cli_demo import About, Story, _home, _write, read_about
from cli_demo_page import Picture, Scene, is_page, write_page, write_sheet
from omni_errors import InputError, ResourceError
from tests.test_cli_bad_input import bomb


def paint(path: Path, colour: str) -> Path:
    Image.new("RGB", (40, 30), colour).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write photos of a dog, one of a teapot, and what they are of."""
    for name in ("a", "b", "c", "teapot"):
        paint(tmp_path / f"{name}.png", "tan")
    about = {
        "name": "Maeve",
        "class": "dog",
        "facts": ["Maeve's place is the beach."],
        "question": "Where is Maeve's place?",
        "answer": "beach",
        "place": "Draw Maeve at her place.",
        "edit": "Remove Maeve.",
        "known": ["a.png", "../../b.png"],
        "unseen": ["c.png"],
        "other": ["teapot.png"],
        "credits": "Ours.",
    }
    (tmp_path / "about.json").write_text(json.dumps(about))
    return tmp_path


class Teller:
    """Stand where the assistant stands: it takes everything for Maeve."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.concepts = SimpleNamespace(add=self.add)

    def add(self, photos: Any, **how: Any) -> Any:
        return SimpleNamespace(seconds=1.0, training={"steps": 3, "wall_time_s": 2.0})

    def ask(self, text: str, images: Any = ()) -> Any:
        return SimpleNamespace(text="This is <b>Maeve</b>.")

    def draw(self, text: str, **how: Any) -> Any:
        path = paint(self.folder / f"drawn-{how['replay']}.png", "blue")
        return SimpleNamespace(path=path, prompt="Draw <Maeve>.", seed=how["seed"])

    def edit(self, image: Path, text: str, **how: Any) -> Any:
        return self.draw(text, replay="edit", seed=how["seed"])


def story(folder: Path, teller: Teller | None = None) -> list[Scene]:
    assistant = cast(Assistant, teller or Teller(folder))
    return list(Story(assistant, read_about(folder), folder).scenes())


def test_photos_lie_in_the_folder_whatever_its_file_says(folder: Path) -> None:
    about = read_about(folder)
    assert isinstance(about, About)
    assert about.known == (folder / "a.png", folder / "b.png")


@pytest.mark.parametrize("text", ["", "[]", '{"name": "Maeve"}'])
def test_a_folder_that_is_no_demo_is_refused(folder: Path, text: str) -> None:
    (folder / "about.json").write_text(text)
    with pytest.raises(InputError, match=r"about\.json cannot be used"):
        read_about(folder)
    assert cli.run(["demo", "--photos", str(folder / "nowhere"), "--out", str(folder)]) == 2


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def wrong_sum(path: Path) -> None:
    """Change a letter in the first chunk, whose sum then is another."""
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut_off, wrong_sum, bomb, Path.unlink])
def test_a_photo_that_cannot_be_read_is_named_before_anything_is_learned(
    folder: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    damage(folder / "c.png")
    call = ["demo", "--photos", str(folder), "--out", str(folder / "out"), "--yes"]
    assert cli.run(call) in (2, 3)
    said = capsys.readouterr().err
    assert "c.png" in said and "bug" not in said and not (folder / "out").exists()


def test_wrong_answers_are_told_as_wrong(folder: Path) -> None:
    learned, who, answer, drawn, edited = story(folder)
    assert "trained 3 steps" in learned.said
    assert "1 of 2 right" in who.said
    assert [one.caption[-7:] for one in who.pictures] == ["(right)", "(wrong)"]
    assert answer.said.endswith("(wrong, expected: beach)")
    assert [len(scene.pictures) for scene in (drawn, edited)] == [2, 2]


class Unable(Teller):
    """Draw nothing with what is known, and edit nothing."""

    def draw(self, text: str, **how: Any) -> Any:
        if how["replay"]:
            raise InputError("Who is <meant>?", hint="Say it.")
        return super().draw(text, **how)


def test_what_fails_is_told_on_the_page_like_the_rest(folder: Path) -> None:
    scenes = story(folder, Unable(folder))
    drawn, edited = scenes[-2:]
    assert "with replay: [Who is <meant>? Say it.]" in drawn.said and len(drawn.pictures) == 1
    assert edited.said.endswith("[Who is <meant>? Say it.]")
    assert [one.caption for one in edited.pictures] == ["before"]
    write_page(folder / "index.html", "Maeve", scenes, "Ours.")
    write_sheet(folder / "sheet.png", scenes)
    assert (folder / "index.html").read_text("utf8").count("Who is &lt;meant&gt;?") == 2


def test_the_page_runs_and_loads_nothing(folder: Path) -> None:
    scene = Scene("<script>alert(1)</script>", "\"'><img src=x>", (Picture(folder / "a.png", "'"),))
    write_page(folder / "index.html", "<title>", [scene], "</footer><script>")
    page = (folder / "index.html").read_text("utf8")
    assert "<script" not in page and "<img src=x>" not in page and "http:" not in page
    assert page.count("data:image/png;base64,") == 1


@pytest.mark.parametrize("name", ["index.html", "sheet.png"])
def test_files_of_somebody_else_are_not_written_over(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / name).write_text("<!doctype html>mine")
    assert cli.run(["demo", "--out", str(folder), "--yes"]) == 2
    assert f"{folder / name} was not made by `omni demo`" in capsys.readouterr().err
    assert (folder / name).read_text() == "<!doctype html>mine"


def test_the_page_of_a_demo_before_may_be_written_over(folder: Path) -> None:
    write_page(folder / "index.html", "<Maeve>", [], "Ours.")
    (folder / "sheet.png").touch()
    with _home(folder) as home:
        assert Path(home).parent == folder
    assert not is_page(folder / "about.json") and not is_page(folder)


@pytest.mark.parametrize("out", ["/proc/self", "/proc/nowhere", "a.png"])
def test_a_folder_that_cannot_be_used_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert cli.run(["demo", "--out", str(folder / out), "--yes"]) == 2
    said = capsys.readouterr().err
    assert f"{folder / out} cannot be used" in said and "--out" in said


def test_a_page_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "index.html").mkdir()
    with pytest.raises(ResourceError, match="cannot be written: Is a directory"):
        _write(folder, "Maeve", (), "Ours.")


def test_the_sheet_has_a_row_for_each_scene(folder: Path) -> None:
    scenes = story(folder)
    write_sheet(folder / "one.png", scenes[:1])
    write_sheet(folder / "all.png", scenes)
    with Image.open(folder / "one.png") as one, Image.open(folder / "all.png") as whole:
        assert whole.width == one.width and whole.height > 3 * one.height
