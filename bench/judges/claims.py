"""What an answer affirms and what it denies, clause by clause, and which known values it names.

It is a reading by rules: a "not" denies what follows it in its clause, or what stands before it
where nothing follows that matters ("the beach is not its home").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from backbone.mini.colours import COLOURS
from bench.data.wording import templates
from bench.judges.scenes import THINGS
from graphs.wording import content, stem, words

__all__ = ["Claims", "alike", "named", "of_itself", "read_claims"]

Stems = tuple[str, ...]
_CLAUSE = re.compile(r"[.,;:!?\n]|\b(?:but|and|because|while)\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:not(?! only| just)|no|never|nor|neither|without|cannot|instead of|rather than)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)

_KIND = re.compile(r"^\S+ (?:is|was) an? ", re.IGNORECASE)
_OWNED = re.compile(
    r"(?:['’]s|\b(?:its|his|her|their)) ([\w -]+?) (?:is|are|was|were)\b", re.IGNORECASE
)
# nothing but what somebody has: "<x>'s toy", and not "it's a toy"
_HAD = re.compile(
    r"^\s*(?:(?!(?:it|he|she|that|this|there|here|what|who)\b)<?\w+>?['’]s|its|his|her|their) "
    r"(?!(?:an?|the|not)\b)([\w -]+?)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claims:
    """The stems of each clause that is affirmed, and of each that is denied, in order."""

    affirmed: tuple[Stems, ...]
    denied: tuple[Stems, ...]

    @property
    def yes(self) -> set[str]:
        """Return every stem that is affirmed somewhere."""
        return {one for clause in self.affirmed for one in clause}

    @property
    def no(self) -> set[str]:
        """Return every stem that is denied, and affirmed nowhere."""
        return {one for clause in self.denied for one in clause} - self.yes


def read_claims(text: str, question: str = "") -> Claims:
    """Sort the clauses of a text into what they affirm and what they deny."""
    affirmed, denied = [], []
    for clause in _CLAUSE.split(text):
        found = _NOT.search(clause)
        if found is None:
            affirmed.append(_stems(clause))
            continue
        before, after = _stems(clause[: found.start()]), _stems(clause[found.end() :])
        if set(after) - content(question):
            affirmed.append(before)
            denied.append(after)
        else:
            denied.append(before + after)
    return Claims(tuple(filter(None, affirmed)), tuple(filter(None, denied)))


def of_itself(text: str, question: str, reference: str) -> str:
    """Leave out clauses about what somebody owns, where the reference says what somebody is.

    "Its toy is a backpack" does not say that it is a backpack.
    """
    if not _KIND.match(reference):
        return text
    asked = content(question)
    clauses = _CLAUSE.split(text)
    owned = ((clause, _OWNED.search(clause) or _HAD.match(clause)) for clause in clauses)
    return ". ".join(clause for clause, of in owned if of is None or content(of[1]) & asked)


def _stems(text: str) -> Stems:
    """Return the stems that matter, in order."""
    matter = content(text)
    return tuple(one for one in map(stem, words(text)) if one in matter)


@cache
def _kinds() -> tuple[tuple[str, ...], ...]:
    """Return the values that are known of each kind; things go before the colours they have."""
    told = templates()
    animals = [name for name in told["live"] if name not in told["people"]]
    return THINGS, tuple(told["places"]), tuple(animals), tuple(COLOURS)


def alike(reference: str) -> tuple[list[str], list[str]]:
    """Return the known values that a reference names, and the others of their kind."""
    clauses = [_stems(reference)]
    for kind in _kinds():
        if mine := named(kind, clauses):
            return mine, [value for value in kind if value not in mine]
    return [], []


def named(values: Sequence[str], clauses: Iterable[Stems]) -> list[str]:
    """Return the values that clauses name, word after word."""
    said = [f" {' '.join(clause)} " for clause in clauses]
    return [v for v in values if any(f" {' '.join(_stems(v))} " in clause for clause in said)]
