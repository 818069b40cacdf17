"""Find the concepts a text names, and write them as the model reads them: ``<name>``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from memory.values import Concept

__all__ = ["Mentions", "find_mentions"]


@dataclass(frozen=True)
class Mentions:
    """A text with its concepts in pointed brackets, and those concepts in order of mention."""

    text: str
    concepts: tuple[Concept, ...]


def find_mentions(text: str, known: Sequence[Concept]) -> Mentions:
    """Mark every known name in a text: bare, as @name or as <name>, in any case.

    The longest name wins where two fit, and a name inside a longer word is none.
    """
    by_name = {concept.name.casefold(): concept for concept in known}
    if not by_name:
        return Mentions(text, ())
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    pattern = re.compile(rf"<({names})>|(?<!\w)@?({names})(?!\w)", re.IGNORECASE)
    found: dict[str, Concept] = {}

    def mark(match: re.Match[str]) -> str:
        concept = by_name[(match[1] or match[2]).casefold()]
        found.setdefault(concept.id, concept)
        return f"<{concept.name}>"

    return Mentions(pattern.sub(mark, text), tuple(found.values()))
