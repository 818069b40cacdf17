"""Subjects and items of a bench as plain values, and the bench as one JSON file.

A bench is a folder: ``bench.json``, and the photos and edit pairs it speaks of, by paths inside
the folder. Nothing is drawn by lot after it is built. ``<x>`` in an item's words has become the
subject's mention, ``<taruvo>``.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from omni_errors import InputError, NotFoundError

__all__ = ["TASKS", "VERSION", "Bench", "Fact", "Item", "Subject"]
__all__ += ["escaped", "read_bench", "write_bench"]

VERSION = 1
TASKS = ("rec", "vqa", "qa", "choice", "draw", "parg", "edit")


@dataclass(frozen=True)
class Fact:
    """What is so of a subject. ``value`` is what a judge looks for, a ``kind`` of thing.

    ``kind`` is "place" or "object" where code can check it in a picture, else "".
    """

    text: str
    visible: bool = False
    noun: str = ""
    value: str = ""
    kind: str = ""
    # "given" by people, or "invented" by a template
    origin: str = "given"


@dataclass(frozen=True)
class Subject:
    """A subject: its photos to learn from and to be asked about, by path, and what is so of it.

    ``mention`` is what it is called here: folders are called after what they show, and a model
    that reads such a name knows the answer.
    """

    name: str
    mention: str
    class_word: str
    live: bool
    train: tuple[str, ...]
    test: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    # sha256 of the pixels of each photo, as it was taken in
    hashes: Mapping[str, str] = field(default_factory=dict)
    # what the data itself says; a class may say so as well
    human: bool = False
    # what the data itself denies, whatever the class says
    not_human: bool = False

    @property
    def person(self) -> bool:
        """Tell whether faces are to be compared."""
        from bench.data.living import is_person

        return not self.not_human and (self.human or is_person(self.class_word))


@dataclass(frozen=True)
class Item:
    """One thing to do, and what is right. Which fields count depends on ``task``.

    ``image`` is the photo asked about or edited, ``target`` and ``mask`` the reference of an
    edit, ``seed`` what a picture is drawn with. ``hard`` marks negatives of the same class.
    """

    id: str
    task: str
    subject: str
    text: str
    answer: str = ""
    image: str = ""
    target: str = ""
    mask: str = ""
    kind: str = ""
    fact: int | None = None
    hard: bool = False
    seed: int = 0
    provenance: str = ""

    @property
    def here(self) -> bool:
        """Tell whether the subject is in the photo asked about: any label but "No." says so."""
        return self.answer.strip().rstrip(".").lower() != "no"


@dataclass(frozen=True)
class Bench:
    """All subjects and items, what they were made from, and where they lie."""

    seed: int
    subjects: tuple[Subject, ...]
    items: tuple[Item, ...]
    origin: str = "photos"
    made: Mapping[str, Any] = field(default_factory=dict)
    version: int = VERSION
    folder: Path = field(default=Path(), compare=False)

    @cached_property
    def hash(self) -> str:
        """Name the bench by its content."""
        plain = json.dumps(_plain(self), sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def subject(self, name: str) -> Subject:
        """Find a subject.

        Raises:
            NotFoundError: naming those there are.
        """
        for one in self.subjects:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.subjects)
        raise NotFoundError(f"The bench has no subject {name!r}.", hint=f"Known: {known}.")

    def of(self, subject: str, task: str) -> tuple[Item, ...]:
        """Return a subject's items of one task, in order."""
        return tuple(i for i in self.items if i.subject == subject and i.task == task)

    def counts(self) -> dict[str, int]:
        """Count the items of each task."""
        found = Counter(item.task for item in self.items)
        return {task: found[task] for task in TASKS}


def _plain(bench: Bench) -> dict[str, Any]:
    found = asdict(bench)
    del found["folder"]
    for row in found["subjects"]:
        # kept where it is said alone, so that benches without it keep their hash
        if not row["not_human"]:
            del row["not_human"]
    return found


def escaped(given: Any) -> Any:
    """Write by its code what is no UTF-8, as in names of files, so that it can be kept."""
    if isinstance(given, str):
        return given.encode("utf-8", "backslashreplace").decode()
    if isinstance(given, Mapping):
        return {escaped(key): escaped(value) for key, value in given.items()}
    return [escaped(one) for one in given] if isinstance(given, list) else given


def write_bench(bench: Bench, folder: Path) -> Path:
    """Write ``bench.json`` whole, or not at all."""
    file, waiting = folder / "bench.json", folder / "bench.json.new"
    text = json.dumps({**_plain(bench), "hash": bench.hash}, indent=1, ensure_ascii=False)
    waiting.write_text(text + "\n", "utf-8")
    waiting.replace(file)
    return file


def read_bench(folder: Path) -> Bench:
    """Read a bench back.

    Raises:
        InputError: if it is of another version, or was changed by hand.
    """
    data = json.loads((folder / "bench.json").read_text("utf-8"))
    if data.get("version") != VERSION:
        raise InputError(
            f"The bench in {folder} has version {data.get('version')!r}; this one reads {VERSION}.",
            hint="Build it again into another folder.",
        )
    wanted = data.pop("hash", None)
    data["subjects"] = tuple(_subject(row) for row in data["subjects"])
    data["items"] = tuple(Item(**row) for row in data["items"])
    bench = Bench(**data, folder=folder)
    if bench.hash != wanted:
        raise InputError(
            f"The bench in {folder} was changed after it was built.",
            hint="Build it again into another folder.",
        )
    return bench


def _subject(row: dict[str, Any]) -> Subject:
    facts = tuple(Fact(**fact) for fact in row["facts"])
    photos = {key: tuple(row[key]) for key in ("train", "test")}
    return Subject(**{**row, **photos, "facts": facts})
