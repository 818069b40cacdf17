"""Which concepts a text is about: names, possessives, pronouns.

The text comes back with every mention as ``<name>``, the way the model reads it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from graphs.data import data
from graphs.ports import Known

__all__ = ["Mentions", "find_mentions", "stranger_of"]

_PRONOUN = re.compile(r"\b(she|he|him|her|his|hers|them|they|theirs?|its?)\b", re.IGNORECASE)
_PLURAL = ("them", "they", "their", "theirs")
_FOREIGN = re.compile(r"<([^<>\s]+)>|(?<!\S)@([^\W\d]\w*)")


@dataclass(frozen=True)
class Mentions:
    """A text as the model reads it, its concepts in order of mention, and how they were found.

    ``unknown`` are names in brackets or after @ that nobody has; ``unclear`` are the concepts
    among which a pronoun does not choose.
    """

    text: str
    concepts: tuple[Known, ...] = ()
    how: str = ""
    unknown: tuple[str, ...] = ()
    unclear: tuple[Known, ...] = ()


def find_mentions(text: str, known: Sequence[Known], last: Sequence[Known] = ()) -> Mentions:
    """Find the concepts a text names, or else means by a pronoun; ``last`` are the last turn's.

    Case does not matter, the longest name wins, and a name inside a longer word is none.
    """
    # the memory keeps names composed, so an "é" typed in two parts has to become one
    marked, concepts = _names(unicodedata.normalize("NFC", text), known)
    names = {concept.name for concept in concepts}
    unknown = tuple(m[1] or m[2] for m in _FOREIGN.finditer(marked) if (m[1] or m[2]) not in names)
    if concepts or unknown or not last:
        return Mentions(marked, concepts, "named" if concepts else "", unknown)
    return _pronoun(marked, last)


def stranger_of(text: str) -> str:
    """Return the name in a question that only friends could answer: "What is Rex's toy?".

    "" if there is none; it is for texts in which nobody was found.
    """
    words = data("words")
    nouns = "|".join(map(re.escape, words["friends"]))
    owner = rf"(\w+\s+)?\b([^\W\d_a-z]\w+)['’]s\s+(?:\w+\s+)?(?:{nouns})\b"
    for found in re.finditer(owner, text):
        before = (found[1] or "").strip().casefold()
        if before not in words["not_before_names"] and found[2].casefold() not in words["no_names"]:
            return found[2]
    return ""


def _names(text: str, known: Sequence[Known]) -> tuple[str, tuple[Known, ...]]:
    by_name = {concept.name.casefold(): concept for concept in known}
    if not by_name:
        return text, ()
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    pattern = re.compile(rf"<({names})>|(?<![\w<])@?({names})(?![\w>])", re.IGNORECASE)
    found: dict[str, Known] = {}

    def mark(match: re.Match[str]) -> str:
        concept = by_name.get((match[1] or match[2]).casefold())
        if concept is None:
            # a regular expression takes more letters for the same than casefold does
            return match[0]
        found.setdefault(concept.id, concept)
        return f"<{concept.name}>"

    return pattern.sub(mark, text), tuple(found.values())


def _pronoun(text: str, last: Sequence[Known]) -> Mentions:
    """Read the first pronoun as the last turn's concept; "it" may be a picture, so it stays."""
    found = _PRONOUN.search(text)
    if found is None:
        return Mentions(text)
    word = found[1].casefold()
    if len(last) > 1 and word not in (*_PLURAL, "it"):
        return Mentions(text, unclear=tuple(last))
    if word == "it":
        return Mentions(text, tuple(last), "pronoun")
    said = " and ".join(f"<{concept.name}>" for concept in last)
    owner = _owns(word, text[found.end() :])
    return Mentions(
        text[: found.start()] + said + ("'s" if owner else "") + text[found.end() :],
        tuple(last),
        "pronoun",
    )


def _owns(word: str, rest: str) -> bool:
    """Tell "her toy" from "draw her on the beach"."""
    if word != "her":
        return _ALWAYS[word]
    following = re.match(r"\s+([\w'’-]+)", rest)
    return following is not None and _is_noun(following[1].casefold())


def _is_noun(word: str) -> bool:
    return word not in data("words")["stop"] and not (word.endswith("ing") and len(word) > 5)


_ALWAYS = {
    **dict.fromkeys(("she", "he", "him", "them", "they"), False),
    **dict.fromkeys(("his", "hers", "their", "theirs", "its"), True),
}
