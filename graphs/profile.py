"""What was told of a concept, put before a question as tokens have learned to read it."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.wording import about
from learning.wording import before

__all__ = ["asks", "before", "lines_of"]


def asks(what: str, text: str) -> bool:
    """Tell whether a text asks for something that ``routes.json`` has words for: "of_kind"."""
    return re.search(data("routes")[what], text, re.IGNORECASE) is not None


def lines_of(name: str, facts: Sequence[str], kind: str = "") -> list[str]:
    """Say facts, and what it is ("a dog", "white") where that is asked for, as lines."""
    told = [about(name, fact) for fact in facts]
    return told + ([data("sayings")["is_kind"].format(name=name, kind=kind)] if kind else [])
