"""The clipboard gives upright pictures, files, or one sentence."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageGrab, UnidentifiedImageError

from cli_clipboard import pasted, pasting_folder
from omni_errors import InputError, ResourceError


def holding(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    def grab() -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ImageGrab, "grabclipboard", grab)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "L", "P", "I;16"])
def test_a_picture_of_any_kind_becomes_a_png(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding(monkeypatch, Image.new(mode, (40, 20)))
    with Image.open(pasted(tmp_path)[0]) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (40, 20))


def test_a_picture_that_lies_on_its_side_is_turned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.new("RGB", (40, 20))
    image.getexif()[0x0112] = 6
    holding(monkeypatch, image)
    with Image.open(pasted(tmp_path)[0]) as turned:
        assert turned.size == (20, 40) and not turned.getexif()


@pytest.mark.parametrize("found", [UnidentifiedImageError("x"), Image.DecompressionBombError("x")])
def test_what_is_no_picture_is_said_in_a_sentence(
    found: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding(monkeypatch, found)
    with pytest.raises(InputError, match="cannot be read as a picture"):
        pasted(tmp_path)


def test_a_clipboard_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holding(monkeypatch, OSError("no display"))
    with pytest.raises(ResourceError, match="no display"):
        pasted(tmp_path)


def test_what_a_killed_chat_left_goes_after_a_day(tmp_path: Path) -> None:
    old, new = pasting_folder(tmp_path), pasting_folder(tmp_path)
    (old / "pasted.png").write_bytes(b"x")
    then = time.time() - 2 * 24 * 3600
    os.utime(old, (then, then))
    assert pasting_folder(tmp_path).is_dir()
    assert new.is_dir() and not old.exists()
