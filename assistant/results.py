"""What the assistant gives back: plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from memory.values import Concept, Fact

__all__ = [
    "Answer",
    "Drawing",
    "Learned",
    "Question",
    "Recalled",
    "Shown",
    "Tested",
]


@dataclass(frozen=True)
class Question:
    """What the user is asked before a turn goes on; ``choices`` are ready answers, if any."""

    # "consent" wants yes or no, "clarify" a few words
    kind: str
    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recalled:
    """A fact or a turn that was found by its meaning."""

    # "fact" or "turn"
    kind: str
    text: str
    # names of those it is about
    about: tuple[str, ...]
    id: str
    # cosine with what was asked
    similarity: float
    when: datetime
    # of a turn: what was answered, and the id of its conversation
    reply: str = ""
    conversation: str = ""


@dataclass(frozen=True)
class Answer:
    """What was answered, about whom, and what it rests on."""

    text: str
    concepts: tuple[str, ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    turn: str = ""
    conversation: str = ""
    # pictures that were made, and the seeds that repeat them
    images: tuple[Path, ...] = ()
    seeds: tuple[int, ...] = ()
    # how strongly each concept was seen in the photo that was shown, by name
    scores: Mapping[str, float] = field(default_factory=dict)
    # what has to be answered before there is an answer; None when all is done
    question: Question | None = None


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
    conversation: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def images(self) -> tuple[Path, ...]:
        """Return the path as `Answer` does."""
        return (self.path,)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seed as `Answer` does."""
        return (self.seed,)


@dataclass(frozen=True)
class Learned:
    """A concept as it stands after its photos were taken in."""

    concept: Concept
    photos: int
    duplicates: int
    # files that could not be read, and why
    unreadable: tuple[tuple[Path, str], ...]
    facts: tuple[Fact, ...]
    # of the active tokens; None without any
    version: int | None
    # until it could be used
    seconds: float
    # what training did after that; empty without it
    training: Mapping[str, Any] = field(default_factory=dict)
    # names of those of its class that were trained before it was known
    trained_before: tuple[str, ...] = ()


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
    """How well a concept is told from others, each photo compared with all the rest.

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
