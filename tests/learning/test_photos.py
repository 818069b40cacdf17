"""Photos in: what is read, what is refused with which reason, and what is left behind."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from learning.photos import PhotoLimits, take_in
from omni_errors import InputError, NotFoundError


def picture(seed: int = 0, size: tuple[int, int] = (48, 32)) -> Image.Image:
    """Draw coarse coloured noise, unlike any of another seed."""
    cells = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.NEAREST)


def reason(path: Path, good: Path) -> str:
    """Give the reason why a file is refused beside a good one."""
    picture(99).save(good)
    intake = take_in([path, good])
    assert [photo.path for photo in intake.photos] == [good]
    return intake.unreadable[0].reason


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "bmp", "gif", "tiff"])
def test_every_format_is_read(tmp_path: Path, kind: str) -> None:
    picture().save(tmp_path / f"a.{kind}")
    photo = take_in([tmp_path]).photos[0]
    assert photo.image.mode == "RGB"
    assert photo.size == (48, 32)


def test_a_photo_on_its_side_is_turned_and_its_position_forgotten(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    picture().save(tmp_path / "a.jpg", exif=exif)
    photo = take_in([tmp_path / "a.jpg"]).photos[0]
    assert photo.image.size == (32, 48)
    assert not photo.image.info and not photo.image.getexif()
    saved = io.BytesIO()
    photo.image.save(saved, "JPEG")
    assert b"Exif" not in saved.getvalue()


@pytest.mark.parametrize("mode", ["CMYK", "P", "L", "LA", "RGBA", "1"])
def test_other_modes_become_rgb(tmp_path: Path, mode: str) -> None:
    picture().convert(mode).save(tmp_path / "a.tiff")
    assert take_in([tmp_path]).photos[0].image.mode == "RGB"


def test_sixteen_bits_keep_their_shades(tmp_path: Path) -> None:
    shades = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    Image.fromarray(shades).save(tmp_path / "a.png")
    read = np.asarray(take_in([tmp_path]).photos[0].image)[..., 0]
    assert 100 < read.mean() < 155


def test_transparency_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert take_in([tmp_path]).photos[0].image.getpixel((3, 3)) == (255, 255, 255)


def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "lime")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert take_in([tmp_path]).photos[0].image.getpixel((3, 3)) == (255, 0, 0)


def test_large_photos_are_scaled_down(tmp_path: Path) -> None:
    picture(size=(300, 150)).save(tmp_path / "a.png")
    photo = take_in([tmp_path], PhotoLimits(max_side=100)).photos[0]
    assert (photo.size, photo.image.size) == ((300, 150), (100, 50))


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    whole = io.BytesIO()
    picture(size=(200, 200)).save(whole, "JPEG")
    (tmp_path / "a.jpg").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    assert "cut short" in reason(tmp_path / "a.jpg", tmp_path / "good.png")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(data)
    assert "bomb" in reason(tmp_path / "a.png", tmp_path / "good.png")


def test_too_many_pixels_or_bytes_are_refused(tmp_path: Path) -> None:
    picture().save(tmp_path / "a.png")
    for limits in (PhotoLimits(max_pixels=1000), PhotoLimits(max_bytes=50)):
        with pytest.raises(InputError, match="allowed"):
            take_in([tmp_path], limits)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello, I am a text", "not a picture"),
        (b"", "empty"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "video"),
        (b"%PDF-1.7", "not a picture"),
    ],
)
def test_wrong_types_are_named(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    assert words in reason(tmp_path / "a.jpg", tmp_path / "good.png")


def test_one_pixel_is_no_photo(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "a.png")
    assert "1×1" in reason(tmp_path / "a.png", tmp_path / "good.png")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert "regular" in reason(tmp_path / "a.jpg", tmp_path / "good.png")


def test_duplicates_exact_and_near_are_counted(tmp_path: Path) -> None:
    picture(1, (96, 64)).save(tmp_path / "a.png")
    picture(1, (96, 64)).save(tmp_path / "b.png")
    picture(1, (96, 64)).save(tmp_path / "c.jpg", quality=80)
    picture(2, (96, 64)).save(tmp_path / "d.png")
    intake = take_in([tmp_path])
    assert [photo.path.name for photo in intake.photos] == ["a.png", "d.png"]
    assert intake.duplicates == 2
    assert [(d.path.name, d.of.name) for d in intake.twins] == [
        ("b.png", "a.png"),
        ("c.jpg", "a.png"),
    ]


def test_plain_pictures_of_other_colours_are_no_duplicates(tmp_path: Path) -> None:
    for colour in ("red", "blue", "white"):
        Image.new("RGB", (32, 32), colour).save(tmp_path / f"{colour}.png")
    assert len(take_in([tmp_path]).photos) == 3


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    picture(1).save(outside / "secret.png")
    picture(2).save(inside / "mine.png")
    (inside / "link.png").symlink_to(outside / "secret.png")
    (inside / "folder").symlink_to(outside)
    intake = take_in([inside])
    assert [photo.path.name for photo in intake.photos] == ["mine.png"]
    assert "link" in intake.unreadable[0].reason


def test_patterns_and_twice_named_files_count_once(tmp_path: Path) -> None:
    picture(1).save(tmp_path / "a.png")
    picture(2).save(tmp_path / "b.jpg")
    intake = take_in([str(tmp_path / "*.png"), tmp_path / "a.png"])
    assert [photo.path.name for photo in intake.photos] == ["a.png"]
    assert not intake.duplicates


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        take_in([tmp_path / "nowhere"])
    with pytest.raises(NotFoundError, match="fits"):
        take_in([str(tmp_path / "*.png")])


def test_nothing_readable_says_what_would_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photo"):
        take_in([tmp_path])
    (tmp_path / "notes.txt").write_text("no")
    with pytest.raises(InputError, match=r"notes\.txt.*JPEG"):
        take_in([tmp_path])


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    with pytest.raises(InputError, match="more than 2"):
        take_in([tmp_path], PhotoLimits(max_files=2))


def test_damaged_bytes_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    picture(1).save(tmp_path / "good.png")
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"):
        whole = io.BytesIO()
        picture(2).save(whole, kind)
        for number in range(12):
            data = bytearray(whole.getvalue())
            for place in rng.integers(0, len(data), 6):
                data[place] = int(rng.integers(256))
            (tmp_path / f"{number}.{kind}").write_bytes(bytes(data))
    intake = take_in([tmp_path])
    assert len(intake.photos) + intake.duplicates + len(intake.unreadable) == 73
