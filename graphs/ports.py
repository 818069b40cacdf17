"""What the graphs need of the rest of the house, as small protocols and plain values.

Graphs are handed implementations for one user. Concepts, photos and images go by id or path;
prompts mention concepts as ``<name>``. A call that a resumed run may repeat says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphs.options import RecognitionOptions, ReplayOptions

__all__ = [
    "Concepts",
    "Drawn",
    "Editor",
    "Facts",
    "Journal",
    "Kinds",
    "Known",
    "Near",
    "Painter",
    "Photos",
    "Recogniser",
    "Recollection",
    "ReplayPorts",
    "TurnPorts",
    "Workshop",
    "Writer",
]


@dataclass(frozen=True)
class Known:
    """A concept of the user; ``version`` is of its active tokens, None before training."""

    id: str
    name: str
    class_name: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Near:
    """How near a picture is to a concept's nearest photo, ``photo`` by id.

    ``similarity`` is the cosine that recognition goes by; ``parts`` are those it is made of.
    """

    concept: str
    similarity: float
    photo: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A picture that was made: its path or id, and the seed that repeats it."""

    image: str
    seed: int


class Writer(Protocol):
    """Write text with the unified model."""

    def answer(self, prompt: str, concepts: Sequence[str] = (), image: str = "") -> str:
        """Answer a prompt with the rows of concepts (ids) and perhaps a picture in context."""
        ...


class Recogniser(Protocol):
    """Ask the unified model about a concept in a picture."""

    def margin(self, concept: str, image: str) -> float:
        """Return log p(yes) - log p(no) for the concept being in the picture."""
        ...

    def likeness(self, found: Sequence[tuple[str, float]]) -> str:
        """Say in the model's words how alike a picture is to concepts, by name and cosine."""
        ...


class Kinds(Protocol):
    """Tell kinds of things apart, whoever they are."""

    def kind(self, image: str, *, coloured: bool = False) -> str:
        """Say what a picture seems to show, as "a dog" or "a white dog"; "" for no idea."""
        ...

    def colour(self, concept: str) -> str:
        """Name the colour a concept mostly has in its photos; "" without any."""
        ...


class Photos(Protocol):
    """Find photos that resemble a picture."""

    def nearest(self, image: str, count: int) -> Sequence[Near]:
        """Return the nearest concepts, each once, the nearest first."""
        ...


class Concepts(Protocol):
    """List the user's concepts."""

    def list(self) -> Sequence[Known]:
        """Return all of them."""
        ...


class Facts(Protocol):
    """Keep what the user told about concepts."""

    def list(self, concept: str) -> Sequence[str]:
        """Return a concept's facts in the user's words."""
        ...

    def add(self, concept: str, text: str) -> str:
        """Keep a fact and return its id; the same text a second time changes nothing."""
        ...


class Recollection(Protocol):
    """Find what was told by its meaning."""

    def facts(self, concept: str, text: str, count: int) -> Sequence[str]:
        """Return the facts of a concept that are nearest to a text, the nearest first."""
        ...


class Painter(Protocol):
    """Draw with the unified model."""

    def draw(self, prompt: str, concepts: Sequence[str], seed: int | None) -> Drawn:
        """Draw a prompt, keep the picture and say where it is."""
        ...


class Editor(Protocol):
    """Edit with the unified model."""

    def edit(
        self,
        image: str,
        prompt: str,
        concepts: Sequence[str],
        seed: int | None,
        *,
        removed: str = "",
        added: str = "",
        beside: str = "",
    ) -> Drawn:
        """Change a picture, keep the result and say where it is.

        ``removed`` is the id of a concept that shall be gone afterwards, ``added`` what shall be
        there, "a red ball", and ``beside`` the id of a concept that it can be drawn beside.
        """
        ...


class Journal(Protocol):
    """Keep turns."""

    def add(self, key: str, turn: Mapping[str, Any]) -> str:
        """Keep a turn and return its id; the same key a second time changes nothing."""
        ...


class Workshop(Protocol):
    """Do the work of learning a concept; every step may be repeated with the same result."""

    def ingest(self, concept: str, photos: Sequence[str]) -> Sequence[str]:
        """Take photos in by path, and return their ids."""
        ...

    def describe(self, concept: str, photos: Sequence[str]) -> str:
        """Describe photos by id, and return the path of the descriptions."""
        ...

    def build(self, concept: str, photos: Sequence[str], described: str) -> str:
        """Make training examples, and return their path."""
        ...

    def train(self, concept: str, examples: str, seed: int) -> str:
        """Train the concept's tokens, and return the path of the checkpoint.

        Called again after a crash it goes on from what it had saved, or starts over.
        """
        ...

    def grade(self, concept: str, checkpoint: str) -> Mapping[str, float]:
        """Measure a checkpoint on held-out photos."""
        ...

    def commit(self, concept: str, checkpoint: str, scores: Mapping[str, float]) -> int:
        """Make a checkpoint the active version, and return its number."""
        ...


def _unheard(step: str) -> None:
    """Hear which step begins, and do nothing."""


@dataclass(frozen=True)
class ReplayPorts:
    """What knowledge replay needs; ``on_step`` is told of each step that begins."""

    writer: Writer
    concepts: Concepts
    facts: Facts
    # None: of many facts, the newest are read
    recollection: Recollection | None = field(default=None, kw_only=True)
    replay: ReplayOptions = field(default_factory=ReplayOptions, kw_only=True)
    on_step: Callable[[str], None] = field(default=_unheard, kw_only=True)


@dataclass(frozen=True)
class TurnPorts(ReplayPorts):
    """What a turn needs."""

    recogniser: Recogniser
    photos: Photos
    painter: Painter
    editor: Editor
    journal: Journal
    # None has no idea of what pictures show
    kinds: Kinds | None = field(default=None, kw_only=True)
    recognition: RecognitionOptions = field(default_factory=RecognitionOptions, kw_only=True)
