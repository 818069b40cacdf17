"""What the assistant gives back: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memory.values import Concept, Fact

__all__ = ["Answer", "Drawing", "Learned", "Recognition", "Shown", "Tested"]


@dataclass(frozen=True)
class Recognition:
    """How sure the assistant is that a concept is in a photo."""

    name: str
    # natural logarithm of how much likelier "Yes" is than "No"
    margin: float
    # cosine similarity of the nearest photo that is remembered; None without any
    similarity: float | None


@dataclass(frozen=True)
class Answer:
    """What was answered, about whom, and what it rests on."""

    text: str
    concepts: tuple[str, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""


@dataclass(frozen=True)
class Drawing:
    """A picture that was drawn or edited, and what it takes to make it again."""

    path: Path
    seed: int
    # height and width in pixels
    size: tuple[int, int]
    # what was asked for, and what was drawn after replay
    text: str
    prompt: str
    concepts: tuple[str, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""


@dataclass(frozen=True)
class Learned:
    """A concept as it stands after its photos were taken in."""

    concept: Concept
    photos: int
    duplicates: int
    # files that could not be read, and why
    unreadable: tuple[tuple[Path, str], ...]
    facts: tuple[Fact, ...]
    # of the active tokens
    version: int
    # until it could be used
    seconds: float
    # what training did after that; empty without it
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """Everything that is remembered of a concept, without its pixels."""

    concept: Concept
    facts: tuple[Fact, ...]
    photos: int
    version: int | None
    # what the active checkpoint says of itself
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Tested:
    """How well a concept is told from others, in photos it did not learn from.

    Shares of right answers; None where there was nothing to ask about.
    """

    name: str
    yes: float | None
    no: float | None
    cases: int

    @property
    def weighted(self) -> float | None:
        """Return the mean of both shares."""
        if self.yes is None or self.no is None:
            return None
        return (self.yes + self.no) / 2
