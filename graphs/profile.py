"""What was told of a concept, put before a question as tokens have learned to read it."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.wording import about
from learning.wording import before

__all__ = ["asks", "before", "lines_of", "relevant"]

_IS_A = re.compile(
    r"^<[^<>]+> (?:is|was) (?:an?|the|one|my|our)\b|\b(?:breed|species)\b", re.IGNORECASE
)


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
