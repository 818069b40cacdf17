"""Folders of photos as they are: ``NAME/*.jpg`` and ``NAME/concept.json``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bench.data.facts import read_facts
from bench.data.items import Fact, escaped
from bench.data.leftovers import (
    ENDINGS,
    SHUT_HINT,
    deeper,
    pictures_in,
    shut,
    unread,
    without_class,
)
from bench.data.living import is_live, is_person
from bench.data.own_name import of_it
from learning.photos import PhotoLimits, take_in
from omni_errors import InputError, NotFoundError

__all__ = ["Found", "FoundPhoto", "FoundSubject", "find_subjects"]

# more shows nothing new to the models here, and photos are kept with the bench
_SIDE = 512


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
    # what a record says itself; None leaves it to the class
    said_live: bool | None = None
    said_person: bool | None = None

    @property
    def person(self) -> bool:
        """Tell whether it is a person."""
        return is_person(self.class_word) if self.said_person is None else self.said_person

    @property
    def live(self) -> bool:
        """Tell whether it is drawn as what lives is."""
        if self.said_live is None:
            return bool(self.said_person) or is_live(self.class_word)
        return self.said_live


@dataclass(frozen=True)
class Found:
    """The subjects of a folder, and by their names why others cannot be used."""

    subjects: tuple[FoundSubject, ...]
    unusable: Mapping[str, str]


def find_subjects(folder: Path) -> Found:
    """Read every folder that has a ``concept.json``, in the order of their names.

    Raises:
        NotFoundError: if there is no such folder.
        InputError: if there is no subject, or none can be used: it cannot be read, its record is
            not understood, or it has no photo.
    """
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.", hint="Name one with --subjects.")
    records, closed = sorted(folder.glob("*/concept.json")), shut(folder)
    if not records:
        raise InputError(
            f"{folder} has no subjects{_instead(folder, closed)}.",
            hint='Give each a folder of photos with a concept.json: {"class": "dog"}.',
        )
    return _usable(records, closed)


def _instead(folder: Path, closed: Mapping[str, str]) -> str:
    """Say what else a folder without subjects has."""
    found = {
        "these folders have photos, but no concept.json": without_class(folder),
        "these lie too deep": deeper(folder),
        "these cannot be read": list(closed),
    }
    return "".join(f"; {what}: {', '.join(names)}" for what, names in found.items() if names)


def _usable(records: Sequence[Path], closed: Mapping[str, str]) -> Found:
    """Read the subjects that can be read; one that cannot does not cost the others."""
    subjects, unusable = [], dict(closed)
    for record in records:
        try:
            subjects.append(_read(record))
        except InputError as error:
            unusable[record.parent.name], last = error.message, error
    if not subjects:
        told = " ".join(unusable.values())
        raise InputError(told, hint=last.hint) from last
    return Found(tuple(subjects), unusable)


def _read(file: Path) -> FoundSubject:
    try:
        return _subject(file)
    except OSError as error:
        where = error.filename or file
        raise InputError(f"{where} cannot be read: {error.strerror}.", hint=SHUT_HINT) from error


def _subject(file: Path) -> FoundSubject:
    place = file.parent
    if escaped(place.name) != place.name:
        raise InputError(f"The name of {place} is no UTF-8.", hint="Give the folder another name.")
    record = _record(file)
    word = record.get("class")
    if not isinstance(word, str) or not word.strip():
        raise InputError(f"{file} names no class.", hint='Write {"class": "dog"}.')
    photos, left_out = read_photos(pictures_in(place), place)
    facts = read_facts(of_it(record, place.name, word), str(file))
    said = [_said(record, key, file) for key in ("live", "person")]
    return FoundSubject(place.name, word.strip(), photos, facts, left_out + unread(place), *said)


def _said(record: Mapping[str, Any], key: str, file: Path) -> bool | None:
    """Read what a record may say, None where it says nothing."""
    said = record.get(key)
    if said is None or isinstance(said, bool):
        return said
    raise InputError(
        f"{key!r} in {file} is {said!r}, but can be true or false alone.",
        hint=f'Write {{"{key}": true}}, or leave it out and the class decides.',
    )


def _record(file: Path) -> dict[str, Any]:
    try:
        # with the mark that some editors put before UTF-8
        record = json.loads(file.read_text("utf-8-sig"))
    except ValueError as error:
        raise InputError(f"{file} is no JSON: {error}.", hint='Write {"class": "dog"}.') from error
    if not isinstance(record, dict):
        raise InputError(f"{file} holds no record.", hint='Write {"class": "dog"}.')
    if escaped(record) != record:
        raise InputError(f"{file} holds a lone surrogate, which is no letter.", hint="Mend it.")
    return record


def read_photos(
    files: Sequence[Path], where: Path
) -> tuple[tuple[FoundPhoto, ...], tuple[str, ...]]:
    """Take photos in, and say which were left out and why.

    Raises:
        InputError: if none is left.
    """
    if not files:
        others = [reason.partition(":")[0] for reason in unread(where)]
        told = f" that are read, only {', '.join(others)}" if others else ""
        raise InputError(f"{where} has no photos{told}.", hint=f"Read are {', '.join(ENDINGS)}.")
    try:
        intake = take_in(files, PhotoLimits(max_side=_SIDE))
    except InputError as error:
        raise InputError(f"{where}: {error.message}", hint=error.hint) from error
    photos = tuple(FoundPhoto(p.image, p.path.name, p.sha256) for p in intake.photos)
    left_out = [f"{twin.path.name} shows what {twin.of.name} shows" for twin in intake.twins]
    left_out += [f"{bad.path.name}: {bad.reason}" for bad in intake.unreadable]
    return photos, tuple(left_out)
