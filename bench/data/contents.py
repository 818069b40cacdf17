"""What a bench was made of, by content, so that it is seen when that changes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.data.items import Bench, Subject
from bench.data.own_name import by_pronoun
from bench.data.reading import FoundSubject

__all__ = ["changed_folders", "changed_subjects", "hash_files", "hash_folders"]


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """Hash files by their paths below a folder and their bytes, in whatever order they come."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:16]


def hash_folders(root: Path, names: Sequence[str]) -> dict[str, str]:
    """Hash each folder at and below some of a root by the files that lie in it directly."""
    tops = [root / name for name in names if (root / name).is_dir()]
    folders = sorted({p for top in tops for p in (top, *top.rglob("*")) if p.is_dir()})
    found = {place: [p for p in place.iterdir() if _counts(p)] for place in folders}
    return {
        place.relative_to(root).as_posix(): hash_files(root, files)
        for place, files in found.items()
        if files
    }


def _counts(file: Path) -> bool:
    """Pass over what file managers leave behind."""
    return file.is_file() and not file.name.startswith(".")


def changed_folders(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Say which folders are new, gone or of other content."""
    names = sorted({*before, *now})
    return [f"{name} changed" for name in names if before.get(name) != now.get(name)]


def changed_subjects(bench: Bench, found: Sequence[FoundSubject]) -> list[str]:
    """Say how subjects as they are now differ from those a bench was built of."""
    known, now = {one.name: one for one in bench.subjects}, {one.name: one for one in found}
    changes = [f"{name} is new" for name in now if name not in known]
    changes += [f"{name} is gone" for name in known if name not in now]
    both = [(one, now[name]) for name, one in known.items() if name in now]
    return changes + [change for one, other in both for change in _changed(one, other)]


def _changed(subject: Subject, found: FoundSubject) -> list[str]:
    photos = sorted(photo.sha256 for photo in found.photos)
    # benches that were built before facts were said of "it" keep theirs by name
    given = [
        (by_pronoun(fact.text, subject.name, subject.class_word), fact.visible)
        for fact in subject.facts
        if fact.origin == "given"
    ]
    same = {
        "photos": sorted(subject.hashes.values()) == photos,
        "class": subject.class_word == found.class_word,
        "facts": given == [(fact.text, fact.visible) for fact in found.facts],
        "kind (live, person)": (subject.live, subject.person) == (found.live, found.person),
    }
    return [f"the {what} of {subject.name} changed" for what, kept in same.items() if not kept]
