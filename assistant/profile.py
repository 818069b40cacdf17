"""What is known of a user's concepts, as the graphs ask for it."""

import builtins
from collections.abc import Sequence

from graphs.ports import Known
from learning.naming import mark_names
from memory import Memory
from memory.names import name_key

__all__ = ["FactBook", "Register", "as_called_now"]


class Register:
    """List the user's concepts with the versions of their active tokens."""

    def __init__(self, memory: Memory, user: str) -> None:
        self.memory, self.user = memory, user

    def list(self) -> Sequence[Known]:
        """Return all of them."""
        return [
            Known(one.concept.id, one.concept.name, one.concept.class_name, one.version)
            for one in self.memory.concepts.summaries(self.user)
        ]


class FactBook:
    """Keep what the user told; the texts here are the user's own words."""

    def __init__(self, memory: Memory, user: str) -> None:
        self.memory, self.user = memory, user

    def list(self, concept: str) -> Sequence[str]:
        """Return a concept's facts in the user's words, but for names that it had before."""
        told = [fact.text for fact in self.memory.facts.list(self.user, concept)]
        return as_called_now(self.memory, self.user, concept, told)

    def add(self, concept: str, text: str) -> str:
        """Keep a fact and return its id; what is known in other letters changes nothing."""
        facts: builtins.list[tuple[str, str]] = [
            (fact.text.casefold().rstrip(" ."), fact.id)
            for fact in self.memory.facts.list(self.user, concept)
        ]
        known = dict(facts).get(text.casefold().rstrip(" ."))
        return known or self.memory.facts.add(self.user, concept, text).id


def as_called_now(memory: Memory, user: str, concept: str, texts: Sequence[str]) -> list[str]:
    """Write a concept's former names as the one it has now, but for names others have by now."""
    known = memory.concepts.list(user)
    mine = next((one for one in known if one.id == concept), None)
    taken = {name_key(one.name) for one in known}
    former = [name for name in mine.former_names if name_key(name) not in taken] if mine else []
    if mine is None or not former:
        return list(texts)
    # longer names of others are not taken apart: "Bob" in "Uncle Bob"
    names = [*former, *(one.name for one in known)]
    return [_renamed(text, mine.name, former, names) for text in texts]


def _renamed(text: str, name: str, former: Sequence[str], names: Sequence[str]) -> str:
    marked, _ = mark_names(text, names)
    for one in names:
        marked = marked.replace(f"<{one}>", name if one in former else one)
    return marked
