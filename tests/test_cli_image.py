"""Copies of pictures with nothing in them but pixels, and pictures that are removed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import cli
from assistant import Assistant
from assistant.pictures import encode
from cli_image import _delete
from omni_errors import ResourceError

Out = pytest.CaptureFixture[str]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Write a photo that lies on its side and says where it was made."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    exif = Image.Exif()
    # its orientation, and who made it
    exif[0x0112], exif[0x013B] = 6, "Ana of Elm Street"
    image.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    return tmp_path / "photo.jpg"


def test_a_photo_is_upright_and_says_nothing(photo: Path, capsys: Out) -> None:
    assert cli.run(["image", "strip", str(photo)]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written == photo.with_name("photo-stripped.png")
    assert b"Elm Street" in photo.read_bytes() and b"Elm Street" not in written.read_bytes()
    with Image.open(written) as image:
        assert (image.size, image.info) == ((20, 40), {})


def test_a_picture_of_ours_keeps_its_pixels_in_full_size(tmp_path: Path, capsys: Out) -> None:
    image = Image.effect_noise((1500, 8), 90).convert("RGB")
    (tmp_path / "a.png").write_bytes(encode(image, {"prompt": "a secret"}))
    call = ["image", "strip", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--json"]
    assert cli.run(call) == 0
    written = Path(json.loads(capsys.readouterr().out)["path"])
    assert b"secret" not in written.read_bytes()
    with Image.open(written) as bare:
        assert bare.tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("out", "code", "said"),
    [
        ("photo.jpg", 2, ".png"),
        ("there.png", 2, "there already"),
        ("no/where.png", 1, "where.png cannot be written"),
    ],
)
def test_no_file_is_written_over(photo: Path, capsys: Out, out: str, code: int, said: str) -> None:
    photo.with_name("there.png").touch()
    assert cli.run(["image", "strip", str(photo), "-o", str(photo.parent / out)]) == code
    assert said in capsys.readouterr().err
    assert photo.with_name("there.png").read_bytes() == b""


@pytest.mark.parametrize(("name", "code"), [("nowhere.png", 3), (".", 2), ("text.png", 2)])
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str, code: int) -> None:
    (tmp_path / "text.png").write_text("no picture")
    out = tmp_path / "out.png"
    assert cli.run(["image", "strip", str(tmp_path / name), "-o", str(out)]) == code
    assert not out.exists()


def test_the_group_alone_lists_pictures(capsys: Out) -> None:
    assert cli.run(["image"]) == 0
    assert "Nothing was drawn yet." in capsys.readouterr().err


class Kept:
    """Keep pictures as turns do: in the memory, and in a file that their turn names."""

    def __init__(self) -> None:
        self.assistant = Assistant(model="none")
        memory, user = self.assistant.memory, self.assistant.user
        self.conversation = memory.conversations.add(user, "beds").id

    def draw(self, folder: Path, colour: str, number: int) -> str:
        memory, user = self.assistant.memory, self.assistant.user
        image = Image.new("RGB", (8, 8), colour)
        data, file = encode(image, {"number": number}), folder / f"a-bed_s7_{number:02d}.png"
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encode(image, {}))
        one = memory.images.add(user, data, prompt="a bed", record={"seed": 7})
        trace = {"image": one.id, "file": str(file)}
        turn = memory.turns.add(user, self.conversation, "Draw a bed", trace=trace)
        memory.images.assign(user, one.id, turn.id)
        return one.id

    def left(self) -> list[str]:
        return [one.id for one in self.assistant.memory.images.list(self.assistant.user)]


@pytest.fixture
def kept() -> Iterator[Kept]:
    made = Kept()
    yield made
    made.assistant.close()


def removed(capsys: Out, *ids: str) -> Any:
    assert cli.run(["image", "rm", *ids, "--yes", "--json"]) == 0, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


def test_a_picture_is_removed_with_its_files_and_no_other(
    kept: Kept, capsys: Out, tmp_path: Path
) -> None:
    home = kept.assistant.home / "images" / "2026"
    one, alike = (kept.draw(home, "tan", number) for number in (1, 2))
    assert removed(capsys, one[-8:], one)["files"] == [str(home / "a-bed_s7_01.png")]
    assert kept.left() == [alike] and (home / "a-bed_s7_02.png").is_file()
    assert len(list(kept.assistant.memory.vault.list())) == 1
    assert len(kept.assistant.memory.turns.list(kept.assistant.user, kept.conversation)) == 2


def test_a_picture_whose_turn_is_gone_is_found_by_its_pixels(kept: Kept, capsys: Out) -> None:
    home = kept.assistant.home / "images" / "2026"
    one, other = kept.draw(home, "tan", 1), kept.draw(home, "blue", 2)
    assert cli.run(["log", "remove", "last", "--yes"]) == 0
    capsys.readouterr()
    assert removed(capsys, other)["files"] == [str(home / "a-bed_s7_02.png")]
    assert kept.left() == [one]


def test_a_file_that_shows_something_else_by_now_stays(
    kept: Kept, capsys: Out, tmp_path: Path
) -> None:
    one = kept.draw(tmp_path, "tan", 1)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a-bed_s7_01.png")
    assert removed(capsys, one)["files"] == [] and kept.left() == []
    assert (tmp_path / "a-bed_s7_01.png").is_file()


def test_a_photo_that_was_shown_is_removed_and_its_own_file_stays(
    kept: Kept, photo: Path, capsys: Out
) -> None:
    shown = kept.assistant.gallery.keep([photo])
    assert removed(capsys, shown) == {"removed": [shown], "files": []}
    assert photo.is_file() and list(kept.assistant.memory.vault.list()) == []


def test_removing_a_picture_asks_first(kept: Kept, capsys: Out, tmp_path: Path) -> None:
    one = kept.draw(tmp_path, "tan", 1)
    assert cli.run(["image", "rm", one]) == 4
    assert "1 picture and 1 file of them" in capsys.readouterr().err
    assert cli.run(["image", "rm", one, "ffff", "--yes"]) == 3
    assert "'ffff'" in capsys.readouterr().err and kept.left() == [one]


def test_a_file_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be removed: "):
        _delete(tmp_path)
