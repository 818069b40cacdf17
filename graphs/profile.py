"""What was told of a concept, put before a question as tokens have learned to read it."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.wording import about
from learning.wording import before

__all__ = ["as_it_is_now", "asks", "before", "lines_of", "relevant"]

_IS_A = re.compile(
    r"^<[^<>]+> (?:is|was) (?:an?|the|one|my|our)\b|\b(?:breed|species)\b", re.IGNORECASE
)
# words of a value that says one thing: no second clause, no "not", nothing of how it is
_NO_VALUE = "|".join(["not", "no", "never", "too", "very", "so", *data("words")["predicates"]])
_VALUE = rf"(?!(?:{_NO_VALUE})\b)(?:(?!(?:and|but|or|when|while|if|as)\b)[\w'’-]+ ?){{1,6}}"
_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\w*"
# what everybody has one of at a time, each in a group of its own
_ONE_EACH = re.compile(
    rf"<([^<>]+)>(?:['’]s (?:(favourite [a-z]+|home) is {_VALUE}"
    rf"|(birthday) is (?=.*(?:\d|\b{_MONTH}\b)){_VALUE}|(weight) is \d{_VALUE})"
    r"| (lives) in (?-i:[A-Z])\w+(?:,? (?-i:[A-Z])\w+)*"
    rf"|(?:['’]s age is|['’]s| is) (?P<age>){_NUMBER}(?: years? old)?(?: now)?)[.!]*",
    re.IGNORECASE,
)


def as_it_is_now(name: str, facts: Sequence[str]) -> list[str]:
    """Leave out what was told anew since: "she is 5" where "she is 7" comes later.

    Only facts that say one thing each, of what there is one of, are compared.
    """
    of = [_one(about(name, fact)) for fact in facts]
    return [fact for place, fact in enumerate(facts) if of[place] not in of[place + 1 :]]


def _one(line: str) -> str:
    """Name what a fact gives of the things there is one of; other facts are their own."""
    found = _ONE_EACH.fullmatch(re.sub(r"\bfavorite\b", "favourite", line))
    if found is None:
        return line
    what = "age" if found["age"] else "".join(filter(None, found.groups()[1:]))
    return f"{found[1]} {what}".casefold()


def asks(what: str, text: str) -> bool:
    """Tell whether a text asks for something that ``routes.json`` has words for: "of_kind"."""
    return re.search(data("routes")[what], text, re.IGNORECASE) is not None


def relevant(name: str, facts: Sequence[str], question: str) -> list[str]:
    """Leave out what somebody has where it is asked what they are.

    A small model takes the nearest fact for the answer: "What kind of thing is it?" "Its toy."
    """
    if not asks("of_class", question):
        return list(facts)
    return [fact for fact in facts if _IS_A.search(about(name, fact))]


def lines_of(name: str, facts: Sequence[str], kind: str = "") -> list[str]:
    """Say facts, and what it is ("a dog", "white") where that is asked for, as lines."""
    told = [about(name, fact) for fact in facts]
    return told + ([data("sayings")["is_kind"].format(name=name, kind=kind)] if kind else [])
