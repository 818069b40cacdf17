"""What is read of folders of photos, and that nothing is left out in silence."""

import errno
import json
import os
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench.data.items import Bench, read_bench
from bench.data.leftovers import left_out
from bench.data.living import is_live, is_person
from bench.data.opening import open_bench
from bench.data.reading import find_subjects
from omni_errors import InputError
from tests.bench.conftest import photo, write_subjects


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=2)


@pytest.mark.parametrize("ending", ["tif", "TIFF", "gif"])
def test_photos_of_every_kind_are_read(folder: Path, ending: str) -> None:
    photo(7, "red").save(folder / "cup" / f"more.{ending}")
    (cup,) = find_subjects(folder).subjects
    assert [one.file for one in cup.photos] == ["0.png", "1.png", f"more.{ending}"]


def test_pictures_that_are_not_read_are_named(folder: Path) -> None:
    for name in ("a.HEIC", "b.avif", "notes.txt"):
        (folder / "cup" / name).write_bytes(b"x")
    (cup,) = find_subjects(folder).subjects
    assert [reason.split(":")[0] for reason in cup.left_out] == ["a.HEIC", "b.avif"]
    assert "save it as JPEG" in cup.left_out[0]


def test_a_subject_of_unread_pictures_alone_says_which(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=0)
    (folder / "cup" / "a.heic").write_bytes(b"x")
    with pytest.raises(InputError, match="no photos that are read, only a.heic.*jpg"):
        find_subjects(folder)


def test_a_subject_that_cannot_be_used_does_not_cost_the_others(
    folder: Path, tmp_path: Path
) -> None:
    for name, record in (("bad", '{"class": "dog"'), ("broken", '{"class": "dog"}')):
        (folder / name).mkdir()
        (folder / name / "concept.json").write_text(record)
        (folder / name / "0.jpg").write_bytes(b"no photo")
    bench = open_bench(folder, tmp_path / "b")
    assert [one.name for one in bench.subjects] == ["cup"]
    told = left_out(bench)
    assert "bad" in told[0] and "is no JSON" in told[0]
    assert "broken" in told[1] and "0.jpg" in told[1]


def test_where_no_subject_can_be_used_all_reasons_are_told(folder: Path) -> None:
    (folder / "cup" / "concept.json").write_text("{}")
    (folder / "pen").mkdir()
    (folder / "pen" / "concept.json").write_text('{"class": "pen"}')
    with pytest.raises(InputError, match="cup.*names no class.*pen has no photos"):
        find_subjects(folder)


def test_folders_of_photos_without_a_class_are_named(folder: Path, tmp_path: Path) -> None:
    for name in ("fluffy", "empty", ".thumbs"):
        (folder / name).mkdir()
    for name in ("fluffy", ".thumbs"):
        photo(1, "red").save(folder / name / "0.png")
    (told,) = left_out(open_bench(folder, tmp_path / "b"))
    assert "no concept.json: fluffy." in told
    (folder / "cup" / "concept.json").unlink()
    with pytest.raises(InputError, match="no concept.json: cup, fluffy"):
        find_subjects(folder)


def test_what_is_left_out_is_told_in_a_few_words() -> None:
    made = {"left_out": {"cup": [f"{n}.png: It is empty." for n in range(8)]}}
    (told,) = left_out(Bench(0, (), (), made=made))
    assert told.startswith("Left out of the photos of cup: 0.png: It is empty; 1.png")
    assert told.endswith("5.png: It is empty; and 2 more.")
    assert left_out(Bench(0, (), ())) == []


@pytest.mark.parametrize(
    ("word", "live", "person"),
    [
        *(("golden retriever puppy", True, False), ("Guinea pig", True, False)),
        *(("polar bear", True, False), ("shih tzu", True, False), ("toy poodle", True, False)),
        *(("actress", True, True), ("young Woman", True, True), ("dog", True, False)),
        *(("stuffed animal", False, False), ("teddy bear", False, False)),
        *(("toy dog", False, False), ("rubber duck", False, False), ("dog bowl", False, False)),
    ],
)
def test_a_class_says_by_its_last_word_what_lives(word: str, live: bool, person: bool) -> None:
    assert (is_live(word), is_person(word)) == (live, person)


@pytest.mark.parametrize(
    ("word", "said", "live", "person"),
    [
        ("blob", {"live": True}, True, False),
        ("blob", {"person": True}, True, True),
        ("dog", {"live": False}, False, False),
        ("woman", {"person": False}, True, False),
    ],
)
def test_a_record_says_more_than_its_class(
    tmp_path: Path, word: str, said: dict[str, object], live: bool, person: bool
) -> None:
    folder = write_subjects(tmp_path / "s", {"it": {"class": word, **said}}, photos=1)
    (subject,) = open_bench(folder, tmp_path / "b").subjects
    assert (subject.live, subject.person) == (live, person)
    assert open_bench(folder, tmp_path / "b").subjects == (subject,)
    (folder / "it" / "concept.json").write_text(json.dumps({"class": word}))
    with pytest.raises(InputError, match="of it changed"):
        open_bench(folder, tmp_path / "b")


def test_a_life_that_is_neither_true_nor_false_is_named(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"it": {"class": "dog", "live": "yes"}}, photos=1)
    with pytest.raises(InputError, match="'live' in .*concept.json is 'yes'.*true"):
        find_subjects(folder)


def test_a_record_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    (folder / "cup" / "concept.json").write_text(json.dumps({"class": "mug"}), "utf-8-sig")
    (cup,) = find_subjects(folder).subjects
    assert cup.class_word == "mug"


def test_a_record_that_cannot_be_read_does_not_cost_the_others(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "pan" / "concept.json").mkdir(parents=True)
    bench = open_bench(folder, tmp_path / "b")
    assert [one.name for one in bench.subjects] == ["cup"]
    (told,) = left_out(bench)
    assert "pan/concept.json cannot be read: Is a directory." in told


@pytest.fixture
def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Close a folder to its owner as well, whoever that is."""
    (folder / "pan").mkdir()
    listed = os.listdir

    def refuse(path: Path) -> list[str]:
        if Path(path).name == "pan":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr("os.listdir", refuse)
    return folder


@pytest.mark.parametrize("record", [True, False])
def test_a_folder_that_cannot_be_read_does_not_cost_the_others(
    closed: Path, tmp_path: Path, record: bool
) -> None:
    if record:
        (closed / "pan" / "concept.json").write_text('{"class": "pan"}')
    bench = open_bench(closed, tmp_path / "b")
    assert [one.name for one in bench.subjects] == ["cup"]
    (told,) = left_out(bench)
    assert "pan cannot be read: Permission denied." in told


def test_where_all_is_closed_it_is_said(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (closed / "cup" / "concept.json").unlink()
    with pytest.raises(InputError, match="no concept.json: cup; these cannot be read: pan"):
        find_subjects(closed)
    denied = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr("os.listdir", Mock(side_effect=denied))
    with pytest.raises(InputError, match="s cannot be read: Permission denied"):
        find_subjects(closed)


def test_names_that_are_no_utf8_are_told_by_their_codes(folder: Path, tmp_path: Path) -> None:
    for name, ending in (("caf\udce9", "png"), ("na\udcefve", "png"), ("cup", "heic")):
        (folder / name).mkdir(exist_ok=True)
        photo(3, "red").save(folder / name / "\udce9.png")
        (folder / name / "\udce9.png").rename(folder / name / f"\udce9.{ending}")
    (folder / "caf\udce9" / "concept.json").write_text('{"class": "cup"}')
    bench = open_bench(folder, tmp_path / "b")
    assert [one.name for one in bench.subjects] == ["cup"] and read_bench(bench.folder) == bench
    files, unusable, passed = left_out(bench)
    assert r"\udce9.heic" in files and r"na\udcefve" in passed
    assert r"caf\udce9 is no UTF-8" in unusable


def test_a_record_with_half_a_letter_is_named(folder: Path) -> None:
    (folder / "cup" / "concept.json").write_text(r'{"class": "cup\ud800"}')
    with pytest.raises(InputError, match="concept.json holds a lone surrogate"):
        find_subjects(folder)


def test_subjects_that_lie_too_deep_are_named(folder: Path, tmp_path: Path) -> None:
    for name in ("pets/rex", "cup/old", "pets/.trash"):
        (folder / name).mkdir(parents=True)
        (folder / name / "concept.json").write_text('{"class": "dog"}')
    (told,) = left_out(open_bench(folder, tmp_path / "b"))
    assert "first folders alone: cup/old, pets/rex. Move them up" in told
    (folder / "cup" / "concept.json").unlink()
    with pytest.raises(InputError, match="these lie too deep: cup/old, pets/rex"):
        find_subjects(folder)
