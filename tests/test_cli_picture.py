"""Pictures in the terminal, and nothing of them in a pipe."""

import io
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

import cli_picture
from cli_picture import blocks, how, show


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("RGB", (4, 4), "red")
    image.paste("blue", (0, 1, 4, 2))
    image.save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_pipe_gets_no_picture(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert how("auto") == how("block") == "none"
    show(picture)
    assert capsys.readouterr().out == ""


def test_two_rows_of_pixels_make_a_line(picture: Path) -> None:
    screen = io.StringIO()
    with Image.open(picture) as image:
        Console(file=screen, force_terminal=True, color_system="truecolor").print(blocks(image, 9))
    lines = screen.getvalue().splitlines()
    assert [line.count("▀") for line in lines] == [4, 4]
    assert "38;2;255;0;0;48;2;0;0;255" in lines[0]


def test_a_terminal_without_the_extra_shows_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(cli_picture, "Console", lambda: Console(force_terminal=True))
    monkeypatch.setattr(cli_picture, "find_spec", lambda name: None)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert (how("auto"), how("none")) == ("block", "none")
