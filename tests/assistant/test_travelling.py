"""All concepts of a user in one file, and back."""

import errno
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.pictures import encode
from assistant.travelling import export_all, import_all
from memory import Memory
from omni_errors import InputError, NotFoundError, ResourceError
from tests.assistant.conftest import Store, paint


@pytest.fixture
def whole(store: Store, tmp_path: Path) -> Path:
    for number, name in enumerate(("Rex", "../up", "小白")):
        concept = store.memory.concepts.add(store.user, name).id
        store.memory.facts.add(store.user, concept, f"{name} is old")
        store.memory.photos.add(store.user, concept, encode(paint(number), {}))
    return export_all(store.memory, store.user, tmp_path / "all.zip")


def test_everything_comes_back_to_another_user(store: Store, whole: Path) -> None:
    ben = store.memory.users.ensure("ben").id
    names = {concept.name for concept in import_all(store.memory, ben, whole)}
    assert names == {"Rex", "../up", "小白"}
    assert {one.facts for one in store.memory.concepts.summaries(ben)} == {1}
    assert not any("up" in entry for entry in zipfile.ZipFile(whole).namelist())


def test_a_taken_name_keeps_all_out(store: Store, whole: Path) -> None:
    ben = store.memory.users.ensure("ben").id
    store.memory.concepts.add(ben, "小白")
    with pytest.raises(InputError, match="小白"):
        import_all(store.memory, ben, whole)
    assert [one.name for one in store.memory.concepts.list(ben)] == ["小白"]


def test_files_that_another_process_keeps_while_this_one_waits_stay(
    store: Store, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, others = store.memory.locked, list[str]()

    @contextmanager
    def after_waiting(memory: Memory) -> Iterator[None]:
        others.append(memory.vault.put(b"a photo of another process"))
        with lock():
            yield

    monkeypatch.setattr(Memory, "locked", after_waiting)
    with pytest.raises(InputError, match="already"):
        import_all(store.memory, store.user, whole)
    assert store.memory.vault.has(others[0])


def test_nothing_is_overwritten_and_nothing_left_half_written(store: Store, whole: Path) -> None:
    before = whole.read_bytes()
    with pytest.raises(InputError, match="exists"):
        export_all(store.memory, store.user, whole)
    with pytest.raises(ResourceError, match="cannot be written"):
        export_all(store.memory, store.user, whole.parent / "no" / "such.zip")
    assert whole.read_bytes() == before
    assert [path.name for path in whole.parent.glob("*.zip")] == ["all.zip"]


def test_there_must_be_something_to_take_along(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to export"):
        export_all(store.memory, store.user, tmp_path / "all.zip")
    assert not (tmp_path / "all.zip").exists()


def test_a_damaged_file_brings_nothing_and_is_told_of(store: Store, tmp_path: Path) -> None:
    damaged, text = tmp_path / "damaged.zip", bytes(range(256)) * 16
    with zipfile.ZipFile(damaged, "w", zipfile.ZIP_DEFLATED) as outer:
        outer.writestr("00000.zip", text)
    data = bytearray(damaged.read_bytes())
    start = data.index(b"00000.zip") + len("00000.zip")
    data[start : start + 8] = b"\xff" * 8
    damaged.write_bytes(data)
    with pytest.raises(InputError, match="cannot be unpacked"):
        import_all(store.memory, store.user, damaged)
    assert store.memory.concepts.list(store.user) == ()


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_another_way_is_refused(store: Store, tmp_path: Path, way: int) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w", way) as outer:
        outer.writestr("00000.zip", b"held")
    with pytest.raises(InputError, match="packed in a way"):
        import_all(store.memory, store.user, tmp_path / "other.zip")
    assert store.memory.concepts.list(store.user) == ()


def test_a_file_of_everything_is_the_owners_alone(whole: Path) -> None:
    assert whole.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in whole.parent.glob(".unfinished*")] == []


def test_each_kind_of_file_names_the_command_that_takes_it(
    store: Store, whole: Path, tmp_path: Path
) -> None:
    one = store.memory.export(store.user, "Rex", tmp_path / "one.zip")
    ben = store.memory.users.ensure("ben").id
    with pytest.raises(InputError, match=r"one\.zip holds one concept.*omni concept import"):
        import_all(store.memory, ben, one)
    with pytest.raises(InputError, match=r"all\.zip holds all concepts.*`omni import`"):
        store.memory.import_(ben, whole)
    assert store.memory.concepts.list(ben) == ()


def test_a_file_that_is_not_there_is_named_as_it_was_given(store: Store, tmp_path: Path) -> None:
    for take in (import_all, Memory.import_):
        with pytest.raises(NotFoundError, match=r"There is no file .*mistyped\.zip"):
            take(store.memory, store.user, tmp_path / "mistyped.zip")


def test_a_zip_of_something_else_is_told_by_what_is_in_it(store: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as outer:
        outer.writestr("holiday.jpg", b"pixels")
    with pytest.raises(InputError, match=r"photos\.zip holds 'holiday\.jpg'"):
        import_all(store.memory, store.user, tmp_path / "photos.zip")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_machine_refuses_is_no_damage(
    store: Store, whole: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    ben = store.memory.users.ensure("ben").id
    for owner, method in (
        (zipfile.ZipExtFile, "read"),
        (tempfile, "mkdtemp"),
        (zipfile, "ZipFile"),
    ):
        with monkeypatch.context() as refusing:
            refusing.setattr(owner, method, refuse)
            with pytest.raises(ResourceError, match=os.strerror(number)):
                import_all(store.memory, ben, whole)
    assert store.memory.concepts.list(ben) == ()
