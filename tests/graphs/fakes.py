"""Ports without a model or a store: scripted, and writing down what was asked of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphs.options import ReplayOptions
from graphs.ports import Drawn, Known, Near, TurnPorts

MAEVE = Known("c1", "maeve", "dog", 2)
KAI = Known("c2", "kai", "boy", 1)
Script = Callable[[str], str]


class FakeWriter:
    """Answer from a queue, and then from a function of the prompt."""

    def __init__(self, *queue: str, script: Script = lambda prompt: "") -> None:
        self.queue, self.script = list(queue), script
        self.prompts: list[str] = []
        self.contexts: list[tuple[tuple[str, ...], str]] = []

    def answer(self, prompt: str, concepts: Sequence[str] = (), image: str = "") -> str:
        self.prompts.append(prompt)
        self.contexts.append((tuple(concepts), image))
        return self.queue.pop(0) if self.queue else self.script(prompt)


@dataclass
class FakeConcepts:
    known: list[Known]

    def list(self) -> Sequence[Known]:
        return self.known


@dataclass
class FakeFacts:
    facts: dict[str, list[str]] = field(default_factory=dict)
    added: list[tuple[str, str]] = field(default_factory=lambda: [])

    def list(self, concept: str) -> Sequence[str]:
        return self.facts.get(concept, [])

    def add(self, concept: str, text: str) -> str:
        self.added.append((concept, text))
        self.facts.setdefault(concept, []).append(text)
        return f"f{len(self.added)}"


@dataclass
class FakeRecollection:
    """Take the facts that were said to be near for the nearest."""

    near: list[str]
    asked: list[str] = field(default_factory=lambda: [])

    def facts(self, concept: str, text: str, count: int) -> Sequence[str]:
        self.asked.append(text)
        return self.near[:count]


@dataclass
class FakeEyes:
    """Photos and recogniser: similarity and margin per concept, whatever the picture."""

    seen: dict[str, tuple[float, float]] = field(default_factory=dict)
    shown: list[str] = field(default_factory=lambda: [])
    thing: str = ""

    def kind(self, image: str, *, coloured: bool = False) -> str:
        return self.thing.replace("a ", "a white ") if coloured else self.thing

    def colour(self, concept: str) -> str:
        return "white"

    def nearest(self, image: str, count: int) -> Sequence[Near]:
        self.shown.append(image)
        near = [Near(concept, similarity) for concept, (similarity, _) in self.seen.items()]
        return sorted(near, key=lambda one: -one.similarity)[:count]

    def margin(self, concept: str, image: str) -> float:
        return self.seen[concept][1]

    def likeness(self, found: Sequence[tuple[str, float]]) -> str:
        return "Alike: " + ", ".join(f"<{name}> {similarity}" for name, similarity in found)


@dataclass
class FakeStudio:
    """Painter and editor."""

    drawn: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    edited: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    added: list[tuple[str, str]] = field(default_factory=list)

    def draw(self, prompt: str, concepts: Sequence[str], seed: int | None) -> Drawn:
        self.drawn.append((prompt, tuple(concepts)))
        return Drawn(f"drawn{len(self.drawn)}.png", 7 if seed is None else seed)

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
        self.added.append((added, beside))
        self.edited.append((image, prompt))
        self.removed.append(removed)
        return Drawn(f"edited{len(self.edited)}.png", 7 if seed is None else seed)


@dataclass
class FakeJournal:
    turns: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def add(self, key: str, turn: Mapping[str, Any]) -> str:
        self.turns[key] = turn
        return f"t-{key}"


@dataclass
class FakeHouse:
    """All ports of a turn, and the fakes behind them."""

    writer: FakeWriter = field(default_factory=FakeWriter)
    concepts: FakeConcepts = field(default_factory=lambda: FakeConcepts([MAEVE, KAI]))
    facts: FakeFacts = field(default_factory=FakeFacts)
    eyes: FakeEyes = field(default_factory=FakeEyes)
    studio: FakeStudio = field(default_factory=FakeStudio)
    journal: FakeJournal = field(default_factory=FakeJournal)
    replay: ReplayOptions = field(default_factory=ReplayOptions)
    recollection: FakeRecollection | None = None

    @property
    def ports(self) -> TurnPorts:
        return TurnPorts(
            self.writer,
            self.concepts,
            self.facts,
            self.eyes,
            self.eyes,
            self.studio,
            self.studio,
            self.journal,
            kinds=self.eyes,
            replay=self.replay,
            recollection=self.recollection,
        )


@dataclass
class FakeWorkshop:
    """Write down each step; stop at one as a killed process does."""

    stop_at: str = ""
    done: list[str] = field(default_factory=list)

    def _step(self, name: str) -> None:
        if name == self.stop_at:
            raise KeyboardInterrupt
        self.done.append(name)

    def ingest(self, concept: str, photos: Sequence[str]) -> Sequence[str]:
        self._step("ingest")
        return [f"id-{path}" for path in photos]

    def describe(self, concept: str, photos: Sequence[str]) -> str:
        self._step("describe")
        return "described.json"

    def build(self, concept: str, photos: Sequence[str], described: str) -> str:
        self._step("build")
        return f"examples of {len(photos)}"

    def train(self, concept: str, examples: str, seed: int) -> str:
        self._step("train")
        return f"trained on {examples}"

    def grade(self, concept: str, checkpoint: str) -> Mapping[str, float]:
        self._step("grade")
        return {"recognition": 0.9}

    def commit(self, concept: str, checkpoint: str, scores: Mapping[str, float]) -> int:
        self._step("commit")
        return 3
