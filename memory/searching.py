"""Search the bytes of every file below a folder for texts that should be gone."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Hit", "Needle", "Search", "search"]

_CHUNK = 4 * 2**20


@dataclass(frozen=True)
class Needle:
    """One text to look for; ``kind`` is "name", "fact" or "photo"."""

    kind: str
    text: str

    def spellings(self) -> frozenset[bytes]:
        """Return how the text may be written: as it is, as JSON, and in other cases."""
        forms = {self.text, *(unicodedata.normalize(form, self.text) for form in ("NFC", "NFD"))}
        written = {
            way
            for form in forms
            for way in (form, json.dumps(form)[1:-1], json.dumps(form, ensure_ascii=False)[1:-1])
        }
        cases = {
            each for text in written for each in (text, text.casefold(), text.upper(), text.title())
        }
        # files are looked at with their ASCII letters in lower case
        return frozenset(text.encode().lower() for text in cases)


@dataclass(frozen=True)
class Hit:
    """A text that is in a file, or in its name."""

    needle: Needle
    path: Path
    times: int


@dataclass(frozen=True)
class Search:
    """What was looked at, and what was there."""

    files: int
    # bytes
    size: int
    hits: tuple[Hit, ...]
    # what could not be read
    unread: tuple[Path, ...]


def search(
    folder: Path,
    needles: Iterable[Needle],
    beside: Iterable[Path] = (),
    apart: Sequence[Path] = (),
) -> Search:
    """Look for texts in all files below a folder and ``beside`` it, and in their names.

    Their case does not matter. Folders that stand ``apart`` are left out.

    Files are not interpreted: a text that is compressed or encrypted is not seen.
    """
    spellings = {needle: needle.spellings() for needle in needles}
    hits, unread, files, size = list[Hit](), list[Path](), 0, 0
    below = (one for one in folder.rglob("*") if not any(map(one.is_relative_to, apart)))
    for path in [*sorted(below), *beside]:
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            unread.append(path)
            continue
        try:
            times, read = _look(path, spellings)
        except OSError:
            unread.append(path)
            continue
        files, size = files + path.is_file(), size + read
        hits += [Hit(needle, path, count) for needle, count in times.items() if count]
    return Search(files, size, tuple(hits), tuple(unread))


def _look(path: Path, spellings: dict[Needle, frozenset[bytes]]) -> tuple[dict[Needle, int], int]:
    """Count each text in a file and its name; return the counts and the bytes read."""
    name = path.name.encode(errors="surrogateescape").lower()
    times = {needle: _count(name, ways, 0) for needle, ways in spellings.items()}
    if path.is_dir():
        return times, 0
    longest = max((len(way) for ways in spellings.values() for way in ways), default=1)
    read, kept = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            window = kept + chunk.lower()
            for needle, ways in spellings.items():
                times[needle] += _count(window, ways, len(kept))
            read, kept = read + len(chunk), window[-(longest - 1) :] if longest > 1 else b""
    return times, read


def _count(window: bytes, ways: frozenset[bytes], seen: int) -> int:
    """Count matches that do not lie in the first ``seen`` bytes alone."""
    return sum(window[max(0, seen - len(way) + 1) :].count(way) for way in ways)
