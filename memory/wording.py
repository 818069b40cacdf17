"""Tell whether a text names somebody: by whole words, and by nobody else's longer name."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from memory.names import name_key

__all__ = ["Wording", "count_of", "matching", "names_of_others"]

# how the names of characters begin that end no word beside them: those of scripts without spaces,
# or with particles that lean on a name, and what only says how the sign before is drawn
_RUNNING = (
    *("CJK ", "IDEOGRAPHIC ", "HIRAGANA ", "KATAKANA", "HALFWIDTH ", "HANGUL ", "BOPOMOFO "),
    *("THAI ", "LAO ", "KHMER ", "MYANMAR ", "TIBETAN ", "VARIATION SELECTOR"),
)
# in JSON the letter of an escape stands where a line ends
_ESCAPES = ("\\n", "\\r", "\\t")


@dataclass(frozen=True)
class Wording:
    """What is looked for in what was said, and the longer names that are of somebody else."""

    meant: tuple[re.Pattern[str], ...]
    spared: tuple[re.Pattern[str], ...] = ()

    def search(self, text: str) -> bool:
        """Tell whether a text says any of it."""
        said = unicodedata.normalize("NFC", text)
        others = [span for one in self.spared for span in _words(one, said)]
        found = (span for one in self.meant for span in _words(one, said))
        return any(not _is_within(span, others) for span in found)


def matching(texts: Iterable[str], others: Iterable[str] = ()) -> Wording:
    """Match texts as whole words, in whatever case, as they are or as JSON.

    ``others`` are names of somebody else: a text that is one is not looked for, and where a text
    stands in a longer one, that one is meant.
    """
    names = tuple(others)
    taken = set(map(name_key, names))
    meant = tuple(_pattern(text) for text in texts if name_key(text) not in taken)
    longer = [_pattern(name) for name in names if Wording(meant).search(name)]
    return Wording(meant, tuple(longer))


def names_of_others(
    names: Iterable[str], others: Iterable[tuple[str, Iterable[str]]]
) -> tuple[str, ...]:
    """Return what others are called now, and what else they were called before.

    ``others`` are names now and names before. What was a name of theirs and is one of ``names``
    may have been said of either, so it is not returned.
    """
    pairs = [(now, tuple(before)) for now, before in others]
    own = set(map(name_key, names))
    former = [name for _, before in pairs for name in before if name_key(name) not in own]
    return tuple(dict.fromkeys([*(now for now, _ in pairs), *former]))


def count_of(text: str, said: Iterable[str]) -> int:
    """Count how often a text is said, within words as well."""
    pattern = _pattern(text)
    return sum(len(pattern.findall(unicodedata.normalize("NFC", one))) for one in said)


def _pattern(text: str) -> re.Pattern[str]:
    composed = unicodedata.normalize("NFC", text)
    ways = {composed, json.dumps(composed, ensure_ascii=False)[1:-1]}
    longest_first = sorted(ways, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _words(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Return where a pattern matches whole words."""
    spans = (match.span() for match in pattern.finditer(text))
    return [(start, end) for start, end in spans if _stands_alone(text, start, end)]


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    escaped = text[max(0, start - 2) : start] in _ESCAPES
    return (escaped or not _joins(before)) and not _joins(after)


def _joins(beside: str) -> bool:
    """Tell whether a character makes what it is beside a part of a longer word."""
    if not beside or unicodedata.category(beside)[0] not in "LMN":
        return False
    return not unicodedata.name(beside, "").startswith(_RUNNING)


def _is_within(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a match begins in a longer name; a fact may begin like one and go on."""
    start, end = span
    return any(first < start < last or (first == start and end < last) for first, last in others)
