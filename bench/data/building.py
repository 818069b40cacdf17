"""From subjects as they were found to a whole bench, saved and the same for the same seed."""

import re
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from bench.data.classes import same_class
from bench.data.edits import colour_of, edit_items, outline
from bench.data.facts import invent
from bench.data.items import Bench, Fact, Item, Subject, escaped, write_bench
from bench.data.kinds import kind_of, parg_ways, unasked
from bench.data.pictures import Shelf
from bench.data.questions import (
    drawing_items,
    face_items,
    parg_items,
    recognition_items,
    text_items,
    visual_items,
)
from bench.data.reading import FoundPhoto, FoundSubject
from bench.data.splits import leave_out
from bench.data.wording import templates
from learning.neutral import neutral_negatives

__all__ = ["build_bench"]

# of a photo's own name, in the name of its copy
_LETTERS = 40
# photos of others that a subject is told apart from, three with two each; with fewer, drawn
# scenes are negatives too
_FEWEST_PHOTOS, _NEUTRAL, _NEUTRAL_SIDE = 6, 6, 192
# what is drawn by lot for what
_FACTS, _SPLIT, _ITEMS, _NEGATIVES = 1, 2, 3, 4


def build_bench(
    found: Sequence[FoundSubject],
    folder: Path,
    *,
    seed: int,
    held_out: int,
    passed: Sequence[str] = (),
    unusable: Mapping[str, str] | None = None,
    deeper: Sequence[str] = (),
) -> Bench:
    """Build a bench in a folder and save it.

    ``passed`` are folders that are no subjects, ``unusable`` says why others cannot be used,
    ``deeper`` are those that lie too deep to be subjects.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(folder)
    invented, shared = _invented(found, seed), _shared(found)
    subjects = [
        _subject(one, number, facts, shelf, _split(one, shared, seed, held_out))
        for number, (one, facts) in enumerate(zip(found, invented, strict=True))
    ]
    negatives = _negatives(subjects, shelf, seed)
    items: list[Item] = []
    for one, subject in zip(found, subjects, strict=True):
        items += _items(one, subject, negatives[subject.name], shelf, _rng(seed, one.name, _ITEMS))
    missing = {s.name: unasked(s, [i for i in items if i.subject == s.name]) for s in subjects}
    made = {
        "held_out": held_out,
        "left_out": {one.name: list(one.left_out) for one in found if one.left_out},
        "classes": sorted({one.class_word for one in found}),
        # facts that no question or no prompt asks for, so that none is dropped in silence
        "unasked": {name: facts for name, facts in missing.items() if facts},
        **({"without_class": list(passed)} if passed else {}),
        **({"unusable": dict(unusable)} if unusable else {}),
        **({"deeper": list(deeper)} if deeper else {}),
        **({"shared": _shared_files(found, shared)} if shared else {}),
    }
    bench = Bench(seed, tuple(subjects), tuple(items), "photos", escaped(made), folder=folder)
    write_bench(bench, folder)
    return bench


def _rng(seed: int, name: str, use: int) -> Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode()), use])


def _shared(found: Sequence[FoundSubject]) -> set[str]:
    """Return the hashes of photos that lie in the folders of several subjects."""
    owners = Counter(photo.sha256 for one in found for photo in one.photos)
    return {sha256 for sha256, count in owners.items() if count > 1}


def _shared_files(found: Sequence[FoundSubject], shared: Collection[str]) -> dict[str, list[str]]:
    files = {one.name: [p.file for p in one.photos if p.sha256 in shared] for one in found}
    return {name: mine for name, mine in files.items() if mine}


def _split(
    found: FoundSubject, shared: Collection[str], seed: int, held_out: int
) -> tuple[tuple[FoundPhoto, ...], tuple[FoundPhoto, ...]]:
    """Choose what is learned from and what is asked about.

    A photo of several subjects is learned from by each: held out for one, it would be asked of
    another that is in it as well, or that learned it.
    """
    return leave_out(
        found.photos,
        held_out,
        _rng(seed, found.name, _SPLIT),
        may=lambda photo: photo.sha256 not in shared,
    )


def _invented(found: Sequence[FoundSubject], seed: int) -> list[tuple[Fact, ...]]:
    """Invent what PARG needs, a place and a thing, where given facts tell of none."""
    rng = np.random.default_rng([seed, _FACTS])
    dealt = invent(len(found), [one.class_word for one in found], rng)
    return [
        tuple(fact for fact in facts if not any(_settles(given, fact) for given in one.facts))
        for one, facts in zip(found, dealt, strict=True)
    ]


def _settles(given: Fact, invented: Fact) -> bool:
    """Tell whether a given fact serves PARG as an invented one would, or gainsays it."""
    if given.noun == invented.noun or (invented.kind == "place" and _is_home(given)):
        return True
    serves = not given.visible and given.kind == invented.kind
    return serves and bool(parg_ways(given, "x")[0])


def _is_home(fact: Fact) -> bool:
    kind, slots = kind_of(fact.text, "x")
    return kind == "place" and slots["verb"] == "live"


def _subject(
    found: FoundSubject,
    number: int,
    invented: tuple[Fact, ...],
    shelf: Shelf,
    split: tuple[Sequence[FoundPhoto], Sequence[FoundPhoto]],
) -> Subject:
    learned, asked = split
    names = templates()["mentions"]
    turn, place = divmod(number, len(names))
    return Subject(
        found.name,
        names[place] + (str(turn + 1) if turn else ""),
        found.class_word,
        found.live,
        _kept(learned, found.name, shelf),
        _kept(asked, found.name, shelf),
        found.facts + invented,
        {_path(photo, found.name): photo.sha256 for photo in found.photos},
        human=found.said_person is True,
        not_human=found.said_person is False,
    )


def _path(photo: FoundPhoto, name: str) -> str:
    # of any name a file system takes, as much as every other one takes, too
    stem = re.sub(r"[^\w.-]+", "_", Path(photo.file).stem, flags=re.ASCII)[:_LETTERS]
    return f"photos/{name}/{stem}-{photo.sha256[:6]}.png"


def _kept(photos: Sequence[FoundPhoto], name: str, shelf: Shelf) -> tuple[str, ...]:
    return tuple(shelf.put(p.image, _path(p, name).removesuffix(".png")) for p in photos)


def _negatives(
    subjects: Sequence[Subject], shelf: Shelf, seed: int
) -> dict[str, list[tuple[str, bool, str]]]:
    """Give each subject photos without it: the same class first, then one of each other."""
    found = {one.name: _others(one, subjects, _rng(seed, one.name, _NEGATIVES)) for one in subjects}
    few = [name for name, rows in found.items() if len(rows) < _FEWEST_PHOTOS]
    scenes = _scenes(shelf) if few else []
    return {name: rows + (scenes if name in few else []) for name, rows in found.items()}


def _scenes(shelf: Shelf) -> list[tuple[str, bool, str]]:
    drawn = neutral_negatives(_NEUTRAL_SIDE, _NEUTRAL)
    paths = [shelf.put(one.image, "photos", "_drawn", str(n)) for n, one in enumerate(drawn)]
    return [(path, False, "a drawn scene") for path in paths]


def _others(
    subject: Subject, subjects: Sequence[Subject], rng: Generator
) -> list[tuple[str, bool, str]]:
    word = subject.class_word
    others = [one for one in subjects if one.name != subject.name]
    # by lot: a suite of few items would else ask all subjects about those whose names come first
    found = [
        (turn, path, others[int(n)])
        for n in rng.permutation(len(others))
        for turn, path in enumerate(others[int(n)].test)
    ]
    rows = [
        (path, same_class(other.class_word, word), f"a held-out photo of {other.name}")
        for _, path, other in sorted(found, key=lambda row: row[0])
    ]
    # look-alikes first, so that a suite of few items has them
    return sorted(rows, key=lambda row: not row[1])


def _items(
    found: FoundSubject,
    subject: Subject,
    others: Sequence[tuple[str, bool, str]],
    shelf: Shelf,
    rng: Generator,
) -> list[Item]:
    images = {_path(photo, found.name): photo.image for photo in found.photos}
    learned = outline([images[path] for path in subject.train], subject.class_word)
    asked = outline([images[p] for p in subject.test or subject.train], subject.class_word)
    shown = replace(subject, test=subject.test or subject.train)
    return [
        *recognition_items(subject, others, rng),
        *visual_items(subject, colour_of(learned), rng),
        *text_items(subject, rng),
        *drawing_items(subject, rng),
        *parg_items(subject, rng),
        *edit_items(shown, asked, shelf, rng),
        # last, so that no other item of a person is drawn by another lot
        *face_items(subject, rng),
    ]
