"""Knowledge replay as the product does it: its own graph, with this model and these rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backbone.concepts import ConceptTokens
from backbone.decoding import TextOptions
from backbone.face import Backbone
from bench.data.items import Subject
from graphs.options import ReplayOptions
from graphs.ports import Known, ReplayPorts
from graphs.replay import replay_graph

__all__ = ["replayed"]

_TOKENS = 48


@dataclass(frozen=True)
class _Writer:
    face: Backbone
    concept: ConceptTokens

    def answer(self, prompt: str, concepts: Sequence[str] = (), image: str = "") -> str:
        reading = self.face.read([self.concept] if concepts else [])
        return self.face.answer(reading.add_text(prompt), TextOptions(_TOKENS)).strip()


@dataclass(frozen=True)
class _Book:
    """The one concept there is, and its facts."""

    subject: Subject

    def known(self) -> Known:
        return Known(self.subject.mention, self.subject.mention, self.subject.class_word, 1)


@dataclass(frozen=True)
class _Concepts(_Book):
    def list(self) -> Sequence[Known]:
        return [self.known()]


@dataclass(frozen=True)
class _Facts(_Book):
    def list(self, concept: str) -> Sequence[str]:
        return [fact.text for fact in self.subject.facts]

    def add(self, concept: str, text: str) -> str:
        raise NotImplementedError("a bench remembers nothing")


def replayed(
    face: Backbone,
    subject: Subject,
    concept: ConceptTokens,
    request: str,
    options: ReplayOptions,
) -> tuple[str, list[dict[str, Any]]]:
    """Return the request with what is known put in, and what each step did."""
    ports = ReplayPorts(_Writer(face, concept), _Concepts(subject), _Facts(subject), replay=options)
    name = subject.mention
    state = replay_graph().invoke(
        {"request": request, "concepts": [name], "names": [name]}, context=ports
    )
    return str(state["prompt"]), list(state["stages"])
