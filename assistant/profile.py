"""What is known of a user's concepts, as the graphs ask for it."""

import builtins
from collections.abc import Sequence

from graphs.ports import Known
from memory import Memory

__all__ = ["FactBook", "Register"]


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
        """Return a concept's facts in the user's words."""
        return [fact.text for fact in self.memory.facts.list(self.user, concept)]

    def add(self, concept: str, text: str) -> str:
        """Keep a fact and return its id; what is known in other letters changes nothing."""
        facts: builtins.list[tuple[str, str]] = [
            (fact.text.casefold().rstrip(" ."), fact.id)
            for fact in self.memory.facts.list(self.user, concept)
        ]
        known = dict(facts).get(text.casefold().rstrip(" ."))
        return known or self.memory.facts.add(self.user, concept, text).id
