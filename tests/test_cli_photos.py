"""Photos of a concept from the command line, on the tiny model."""

from pathlib import Path

from PIL import Image

import cli
from tests.test_cli_concept import TINY, Out, add, photos, run

__all__ = ["photos"]


def test_photos_are_listed_and_written_by_number(capsys: Out, photos: Path, tmp_path: Path) -> None:
    add(capsys, photos)
    listed = run(capsys, "concept", "photos", "maeve", "--save", str(tmp_path / "out"))["photos"]
    assert [one["number"] for one in listed] == [1, 2]
    with Image.open(tmp_path / "out" / "2.png") as written, Image.open(photos / "1.png") as given:
        assert written.tobytes() == given.convert(written.mode).tobytes()
    assert cli.run(["concept", "photos", "maeve", "--save", str(tmp_path / "out")]) != 0


def test_a_photo_is_removed_by_its_number(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    (one, two) = run(capsys, "concept", "photos", "maeve")["photos"]
    gone = run(capsys, "concept", "remove-photo", "maeve", "1", "--yes", *TINY)
    assert (gone["photos"], gone["versions_removed"]) == (1, [1])
    assert [left["id"] for left in run(capsys, "concept", "photos", "maeve")["photos"]] == [
        two["id"]
    ]


def test_an_unknown_number_is_told_what_there_is(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    assert cli.run(["concept", "remove-photo", "maeve", "7", "--yes", *TINY]) != 0
    assert "maeve has no photo 7. It has photos 1 to 2" in capsys.readouterr().err


def test_nothing_is_removed_where_nobody_agrees(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    assert cli.run(["concept", "remove-photo", "maeve", "1", *TINY]) != 0
    assert len(run(capsys, "concept", "photos", "maeve")["photos"]) == 2
