"""Which concepts a text is about: names, possessives, pronouns.

The text comes back with every mention as ``<name>``, the way the model reads it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphs.data import data
from graphs.kinds import OURS, THE, kind_in
from graphs.ports import Known
from graphs.pronouns import PLURAL, PRONOUN, another_before, has_own, owns, put_for
from graphs.spelling import misspelled, with_apostrophes
from learning.naming import mark_names

__all__ = ["Mentions", "find_mentions", "stranger_of"]

# "Kai and" her, but not her toy; "Kai is" her brother
_JOINED = re.compile(
    r"<[^<>]+>,? (?:(?P<who>and|or|with|without|next to|beside|behind|near|by)|is|was) $",
    re.IGNORECASE,
)
_HER = re.compile(r"\b(?:she|he|her|him)\b", re.IGNORECASE)
_HIS = ("he", "him", "his")
# "draw both", "the two on the beach", but not "both dogs"
_BOTH = re.compile(
    r"\b(?:draw|paint|sketch|show(?: me| us)?|of|imagine) (both|the two)"
    r"(?=\W*$| (?:on|in|at|with|under|by|near|together|wearing|asleep|as|\w+ing)\b)",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"<([^<>\s]+)>|(?<!\S)@([^\W\d]\w*)")


@dataclass(frozen=True)
class Mentions:
    """A text as the model reads it, its concepts in order of mention, and how they were found.

    ``unknown`` are names in brackets or after @ that nobody has, ``slip`` is a word that is
    nearly a name; ``unclear`` are the concepts among which a pronoun does not choose.
    """

    text: str
    concepts: tuple[Known, ...] = ()
    how: str = ""
    unknown: tuple[str, ...] = ()
    unclear: tuple[Known, ...] = ()
    slip: str = ""


def find_mentions(
    text: str, known: Sequence[Known], last: Sequence[Known] = (), *, photo: bool = False
) -> Mentions:
    """Find the concepts a text names, or else means by a pronoun; ``last`` are the last turn's.

    Beside a ``photo``, "it" is what that shows.
    """
    marked, concepts = _names(with_apostrophes(text, known), known)
    names = {concept.name for concept in concepts}
    unknown = tuple(m[1] or m[2] for m in _FOREIGN.finditer(marked) if (m[1] or m[2]) not in names)
    if concepts and not unknown:
        return _beside(marked, concepts, last) or Mentions(marked, concepts, "named")
    if concepts or unknown:
        return Mentions(marked, concepts, "named" if concepts else "", unknown)
    found = _by_kind(marked, known, () if photo else last) or _pronoun(marked, last, photo)
    return (
        found if found.concepts or found.unclear else replace(found, slip=misspelled(marked, known))
    )


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


def _by_kind(text: str, known: Sequence[Known], last: Sequence[Known]) -> Mentions | None:
    """Read "my dog" as the only dog there is, and "the dog" as the last turn's only one."""
    ours = [(one, found) for one in known if (found := kind_in(text, one, OURS))]
    spoken = [(one, found) for one in last if (found := kind_in(text, one, THE))]
    # "the dog next to her" is not the one that "her" is
    spoken = [] if _HER.search(text) else spoken
    for how, those in (("named", ours), ("pronoun", spoken)):
        if len(those) == 1:
            one, found = those[0]
            said = f"{text[: found.start()]}<{one.name}>{text[found.end() :]}"
            return Mentions(said, (one,), how)
    return None


def _pronoun(text: str, last: Sequence[Known], photo: bool) -> Mentions:
    """Read the first pronoun as the last turn's concept; "it" may be a picture, so it stays."""
    pronouns = PRONOUN.finditer(text)
    found = next((m for m in pronouns if not (photo and m[1].casefold() in ("it", "its"))), None)
    both = _BOTH.search(text) if len(last) > 1 else None
    if both:
        said = text[: both.start(1)] + _listed(last) + text[both.end(1) :]
        return Mentions(said, tuple(last), "pronoun")
    if found is None or not last or has_own(found):
        return Mentions(text)
    word = found[1].casefold()
    fitting = [one for one in last if _may_mean(word, one)]
    if not fitting:
        return Mentions(text, unclear=tuple(last))
    last = fitting
    if len(last) > 1 and word not in (*PLURAL, "it"):
        return Mentions(text, unclear=tuple(last))
    if word == "it":
        return Mentions(text, tuple(last), "pronoun")
    return Mentions(put_for(found, _listed(last)), tuple(last), "pronoun")


def _may_mean(word: str, one: Known) -> bool:
    """Tell whether a pronoun can mean somebody of a class: "her" is no boy."""
    beings = data("words")["beings"]
    never = {**dict.fromkeys(("she", "her", "hers"), "he"), **dict.fromkeys(_HIS, "she")}
    return one.class_name.casefold() not in beings.get(never.get(word, ""), ())


def _listed(concepts: Sequence[Known]) -> str:
    return " and ".join(f"<{concept.name}>" for concept in concepts)


def _beside(text: str, named: Sequence[Known], last: Sequence[Known]) -> Mentions | None:
    """Read a pronoun that cannot mean those who are named: "she loves Kai", "Kai and her"."""
    if len(last) != 1 or last[0] in named:
        return None
    first = text.index(f"<{named[0].name}>")
    for found in PRONOUN.finditer(text):
        if found[1].casefold() in ("it", "its", *PLURAL) or has_own(found):
            continue
        if another_before(text[: found.start()]):
            continue
        before = found.start() < first
        joined = _JOINED.search(text[: found.start()])
        if before or (joined and _owned(found) is not bool(joined["who"])):
            said = put_for(found, _listed(last))
            return Mentions(said, (*last, *named) if before else (*named, *last), "named")
    return None


def _owned(found: re.Match[str]) -> bool:
    rest, before = found.string[found.end() :], found.string[: found.start()]
    return owns(found[1].casefold(), rest, before)
