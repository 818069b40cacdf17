"""Pictures keep what it takes to redo them, and never replace one another."""

import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image

from assistant.pictures import encode, save, slug, strip
from omni_errors import ResourceError

WHEN = datetime(2026, 11, 23, 19, 32, 10, tzinfo=UTC)


def test_a_picture_tells_how_to_make_it_again() -> None:
    data = encode(Image.new("RGB", (4, 4), "red"), {"prompt": "a “cat”", "seed": 7, "steps": 9})
    with Image.open(io.BytesIO(data)) as image:
        assert json.loads(image.info["omni"])["seed"] == 7
        assert image.info["parameters"] == "a “cat”\nSteps: 9, Seed: 7"


def test_a_stripped_picture_has_nothing_but_pixels() -> None:
    with Image.open(io.BytesIO(encode(Image.new("RGB", (4, 4), "red"), {"seed": 7}))) as image:
        bare = strip(image)
    with Image.open(io.BytesIO(bare)) as image:
        assert image.info == {}
        assert image.getpixel((0, 0)) == (255, 0, 0)


def test_two_pictures_of_one_second_get_two_names(tmp_path: Path) -> None:
    names = [save(b"x", tmp_path, "Rex, at the beach!", 12, WHEN).name for _ in range(2)]
    assert names[0] == "20261123-193210_rex-at-the-beach_s12_01.png"
    assert names[1] == "20261123-193210_rex-at-the-beach_s12_02.png"
    assert (tmp_path / names[0]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["../../etc/passwd", "a/b\\c", "\x1b[31m", "", "犬"])
def test_no_text_leads_out_of_the_folder(tmp_path: Path, text: str) -> None:
    assert save(b"x", tmp_path, text, 1, WHEN).parent == tmp_path
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        save(b"x", tmp_path / "file" / "pictures", "cat", 1, WHEN)


def test_of_a_picture_that_cannot_be_written_whole_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, mode: str) -> NoReturn:
        os.close(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assistant.pictures.os.fdopen", full)
    with pytest.raises(ResourceError, match="No space left"):
        save(b"x", tmp_path, "Rex", 12, WHEN)
    assert list(tmp_path.iterdir()) == []
