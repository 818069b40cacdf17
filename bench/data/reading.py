"""Folders of photos as they are: ``NAME/*.jpg`` and ``NAME/concept.json``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bench.data.facts import read_facts
from bench.data.items import Fact
from learning.photos import PhotoLimits, take_in
from omni_errors import InputError, NotFoundError

__all__ = ["FoundPhoto", "FoundSubject", "find_subjects"]

# more shows nothing new to the models here, and photos are kept with the bench
_SIDE = 512
_ENDINGS = ("jpg", "jpeg", "png", "webp", "bmp")


@dataclass(frozen=True)
class FoundPhoto:
    """A photo that was taken in: upright RGB, the name of its file, a hash of its pixels."""

    image: Image.Image
    file: str
    sha256: str


@dataclass(frozen=True)
class FoundSubject:
    """A subject before it has a place in a bench."""

    name: str
    class_word: str
    photos: tuple[FoundPhoto, ...]
    facts: tuple[Fact, ...] = ()
    left_out: tuple[str, ...] = ()


def find_subjects(folder: Path) -> list[FoundSubject]:
    """Read every folder that has a ``concept.json``, in the order of their names.

    Raises:
        NotFoundError: if there is no such folder.
        InputError: if a record is not understood, or a subject has no photo.
    """
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", hint="Name one with --subjects.")
    records = sorted(folder.glob("*/concept.json"))
    if not records:
        raise InputError(
            f"{folder} has no subjects.",
            hint='Give each a folder of photos with a concept.json: {"class": "dog"}.',
        )
    return [_subject(record) for record in records]


def _subject(file: Path) -> FoundSubject:
    record = _record(file)
    word = record.get("class")
    if not isinstance(word, str) or not word.strip():
        raise InputError(f"{file} names no class.", hint='Write {"class": "dog"}.')
    photos, left_out = read_photos(_files(file.parent), file.parent)
    facts = read_facts(record, str(file))
    return FoundSubject(file.parent.name, word.strip(), photos, facts, left_out)


def _record(file: Path) -> dict[str, Any]:
    try:
        record = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"{file} is no JSON: {error}.", hint='Write {"class": "dog"}.') from error
    if not isinstance(record, dict):
        raise InputError(f"{file} holds no record.", hint='Write {"class": "dog"}.')
    return record


def _files(folder: Path) -> list[Path]:
    endings = tuple(f".{ending}" for ending in _ENDINGS)
    return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in endings)


def read_photos(
    files: Sequence[Path], where: Path
) -> tuple[tuple[FoundPhoto, ...], tuple[str, ...]]:
    """Take photos in, and say which were left out and why.

    Raises:
        InputError: if none is left.
    """
    if not files:
        raise InputError(f"{where} has no photos.", hint=f"Read are {', '.join(_ENDINGS)}.")
    intake = take_in(files, PhotoLimits(max_side=_SIDE))
    photos = tuple(FoundPhoto(p.image, p.path.name, p.sha256) for p in intake.photos)
    left_out = [f"{twin.path.name} shows what {twin.of.name} shows" for twin in intake.twins]
    left_out += [f"{bad.path.name}: {bad.reason}" for bad in intake.unreadable]
    return photos, tuple(left_out)
