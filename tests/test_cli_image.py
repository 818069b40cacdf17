"""Copies of pictures with nothing in them but pixels."""

import json
from pathlib import Path

import pytest
from PIL import Image

import cli
from assistant.pictures import encode

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
