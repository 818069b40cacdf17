"""Which concepts a text is about: names, possessives, pronouns.

The text comes back with every mention as ``<name>``, the way the model reads it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graphs.data import data
from graphs.ports import Known
from learning.naming import mark_names

__all__ = ["Mentions", "find_mentions", "stranger_of"]

_PRONOUN = re.compile(r"\b(she|he|him|her|his|hers|them|they|theirs?|its?)\b", re.IGNORECASE)
_ACTS = ("she", "he", "they")
# of animals people say "it": "a bird on her shoulder" is on somebody else's
_GROUPS = {
    **dict.fromkeys(("he", "his"), ("he", "person")),
    **dict.fromkeys(("she", "her"), ("she", "person")),
    **dict.fromkeys(("it", "its"), ("animal",)),
}
# after these "her" may be who is changed
_MADE = re.compile(r"\b(?:make|let|paint|colou?r|recolou?r|dye|tint|turn|keep) $", re.IGNORECASE)
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


def find_mentions(
    text: str, known: Sequence[Known], last: Sequence[Known] = (), *, photo: bool = False
) -> Mentions:
    """Find the concepts a text names, or else means by a pronoun; ``last`` are the last turn's.

    Beside a ``photo``, "it" is what that shows.
    """
    marked, concepts = _names(text, known)
    names = {concept.name for concept in concepts}
    unknown = tuple(m[1] or m[2] for m in _FOREIGN.finditer(marked) if (m[1] or m[2]) not in names)
    if concepts or unknown or not last:
        return Mentions(marked, concepts, "named" if concepts else "", unknown)
    return _pronoun(marked, last, photo)


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
    by_name = {concept.name: concept for concept in known}
    marked, names = mark_names(text, list(by_name), opening=False)
    return marked, tuple(by_name[name] for name in names)


def _pronoun(text: str, last: Sequence[Known], photo: bool) -> Mentions:
    """Read the first pronoun as the last turn's concept; "it" may be a picture, so it stays."""
    pronouns = _PRONOUN.finditer(text)
    found = next((m for m in pronouns if not (photo and m[1].casefold() in ("it", "its"))), None)
    if found is None or _has_own(found):
        return Mentions(text)
    word = found[1].casefold()
    if len(last) > 1 and word not in (*_PLURAL, "it"):
        return Mentions(text, unclear=tuple(last))
    if word == "it":
        return Mentions(text, tuple(last), "pronoun")
    said = " and ".join(f"<{concept.name}>" for concept in last)
    owner = _owns(word, text[found.end() :], text[: found.start()])
    return Mentions(
        text[: found.start()] + said + ("'s" if owner else "") + text[found.end() :],
        tuple(last),
        "pronoun",
    )


def _has_own(found: re.Match[str]) -> bool:
    """Tell whether a pronoun means somebody in its own sentence: "a boy with his ball".

    In doubt it does not: "a boy with him", "a bird on her shoulder", "which dogs do they know".
    """
    word = found[1].casefold()
    before = re.split(r"[.!?\n]", found.string[: found.start()])[-1]
    if not _may_have_own(word, before, found.string[found.end() :]):
        return False
    one, many = _beings(word)
    # between "which dogs do" and "they" stands a verb alone
    asked = rf"(?!\s+(?:{'|'.join(data('words')['auxiliaries'])})\s*$)"
    alone = re.findall(rf"{one}{asked}", before, re.IGNORECASE)
    if word not in _PLURAL:
        return bool(alone)
    return len(alone) > 1 or re.search(rf"{many}{asked}", before, re.IGNORECASE) is not None


def _may_have_own(word: str, before: str, rest: str) -> bool:
    """Tell pronouns that stand for who acts or owns from those that something is done to."""
    if re.search(r"\bthere\b", before, re.IGNORECASE):
        return False
    if word == "it":
        clauses = "|".join(data("words")["clauses"])
        return re.search(rf"\b(?:{clauses})\s+$", before, re.IGNORECASE) is not None
    return word in _ACTS or word in ("his", "its", "their") or (word == "her" and _owns(word, rest))


def _beings(word: str) -> tuple[str, str]:
    """Match one being that a pronoun can mean ("a small boy"), and several ("boys")."""
    beings, stop = data("words")["beings"], "|".join(data("words")["stop"])
    groups = beings if word in _PLURAL else _GROUPS[word]
    nouns = [noun for group in groups for noun in beings[group]]
    several = [*data("words")["many"], *(rf"{noun}(?:e?s)" for noun in nouns)]
    one = rf"\b(?:an?|another|any|every|each|some)\s+(?:(?!(?:{stop})\b)[\w-]+\s+){{0,2}}"
    return rf"{one}(?:{'|'.join(nouns)})\b(?!['’])", rf"\b(?:{'|'.join(several)})\b(?!['’])"


def _owns(word: str, rest: str, before: str = "") -> bool:
    """Tell "her toy" from "draw her on the beach" and from "make her blue"."""
    if word != "her":
        return _ALWAYS[word]
    following = re.match(r"\s+([\w'’-]+)", rest)
    if following is None:
        return False
    noun, more = following[1].casefold(), rest[following.end() :].casefold().strip(" ,.!?")
    made = _MADE.search(before) is not None and more in ("", "please", "thanks")
    return not (made and noun in data("words")["predicates"]) and _is_noun(noun)


def _is_noun(word: str) -> bool:
    return word not in data("words")["stop"] and not (word.endswith("ing") and len(word) > 5)


_ALWAYS = {
    **dict.fromkeys(("she", "he", "him", "them", "they"), False),
    **dict.fromkeys(("his", "hers", "their", "theirs", "its"), True),
}
