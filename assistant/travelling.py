"""All concepts of a user in one file: a zip of the archives that single concepts travel in."""

import os
import tempfile
import zipfile
from pathlib import Path

from memory import Memory
from memory.archive import DAMAGES, MANIFEST, ONE_OF_ALL, WAYS, of_machine, opened, whole
from memory.values import Concept
from omni_errors import InputError, ResourceError

__all__ = ["export_all", "import_all"]

_MOST = 10_000
_MAX_BYTES = 8 * 2**30
_CHUNK = 2**20


def export_all(memory: Memory, user: str, path: Path) -> Path:
    """Write every concept; conversations, pictures and training runs stay behind.

    Raises:
        InputError: if there is a file already, or nothing to write.
        ResourceError: if it cannot be written.
    """
    concepts = memory.concepts.list(user)
    if os.path.exists(path):
        raise InputError(f"{path} exists.", hint="Name another file, or remove it first.")
    if not concepts:
        raise InputError("There is nothing to export.", hint="Learn a concept first.")
    with whole(path) as unfinished, _folder(path.parent) as folder:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as outer:
            for number, concept in enumerate(concepts):
                one = memory.export(user, concept.name, Path(folder, f"{number:05d}.zip"))
                outer.write(one, one.name)
                one.unlink()
    return path


def _folder(place: Path) -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(dir=place, prefix=".unfinished-")


def import_all(memory: Memory, user: str, path: Path) -> tuple[Concept, ...]:
    """Take in every concept of a file, all of them or none.

    Raises:
        NotFoundError: if there is no such file.
        InputError: if the file is none that was exported, or a name is taken.
        ResourceError: if it may not be read, or there is no room for it.
    """
    with opened(path, _bad) as outer, _room() as folder:
        entries = outer.infolist()
        _check(entries, path)
        files = [Path(folder, f"{number}.zip") for number in range(len(entries))]
        for entry, file in zip(entries, files, strict=True):
            _unpack(outer, entry, file, path)
        with memory.locked():
            # not earlier: while this one waits, another process may keep files of its own
            before = set(memory.vault.list())
            try:
                with memory.writing():
                    return tuple(memory.import_(user, file) for file in files)
            except BaseException:
                # the rows of those that went well are gone again; so are their files
                for sha256 in set(memory.vault.list()) - before:
                    memory.vault.remove(sha256)
                raise


def _check(entries: list[zipfile.ZipInfo], path: Path) -> None:
    """Refuse a file that is not one of all concepts."""
    names = [entry.filename for entry in entries]
    if MANIFEST in names:
        raise InputError(
            f"{path} holds one concept, not all of an export.",
            hint="Run `omni concept import` on it.",
        )
    if not 1 <= len(entries) <= _MOST or sum(e.file_size for e in entries) > _MAX_BYTES:
        raise _bad(path, f"holds {len(entries)} files")
    if any(entry.compress_type not in WAYS for entry in entries):
        raise _bad(path, "is packed in a way that is not read")
    for name in names:
        if not ONE_OF_ALL.fullmatch(name):
            raise _bad(path, f"holds {name!r}, which has no place in it")


def _room() -> "tempfile.TemporaryDirectory[str]":
    """Make a folder to unpack into, gone afterwards."""
    try:
        return tempfile.TemporaryDirectory()
    except OSError as error:
        raise ResourceError(
            f"There is no folder to unpack into: {error.strerror}.",
            hint="Set TMPDIR to one that you may write to.",
        ) from error


def _unpack(outer: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path, path: Path) -> None:
    """Copy an entry to a file of our own naming; zipfile stops at the size it claims."""
    try:
        with outer.open(entry) as source, file.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
    except DAMAGES as error:
        raise of_machine(path, error) or _bad(path, f"cannot be unpacked: {error}") from error


def _bad(path: Path, what: str) -> InputError:
    return InputError(f"The file {path} {what}.", hint="Export with this version of OmniPersona.")
