"""What a turn tells while it goes on: plain frozen values, in the order they happen."""

from dataclasses import dataclass
from pathlib import Path

from assistant.results import Answer, Drawing, Question

__all__ = ["Drawn", "Ended", "Event", "Question", "Step", "Words"]


@dataclass(frozen=True)
class Step:
    """A step of the turn's graph begins; ``detail`` says in words what it does."""

    name: str
    detail: str
    # of the picture that is begun, which it repeats; None in steps that make none
    seed: int | None = None


@dataclass(frozen=True)
class Words:
    """The next piece of a reply."""

    text: str


@dataclass(frozen=True)
class Drawn:
    """A picture is done and lies at a path; the seed repeats it."""

    path: Path
    seed: int


@dataclass(frozen=True)
class Ended:
    """The turn is kept."""

    answer: Answer | Drawing


Event = Step | Words | Drawn | Question | Ended
