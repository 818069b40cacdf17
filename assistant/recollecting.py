"""Facts and turns found again by what they mean.

Each has a vector of its words that matter, without the names of those it is about: these are
known. Vectors are made when the model is at hand, and otherwise when somebody asks; no command
loads a model only to keep a sentence.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.profile import as_called_now
from assistant.results import Recalled
from graphs.mentions import find_mentions
from graphs.wording import gist, mark
from memory import Memory
from memory.values import Near
from memory.vectors import Kind
from omni_errors import NotFoundError

if TYPE_CHECKING:
    from assistant.profile import Register
    from backbone import Backbone

__all__ = ["Recollection"]

# items that get a vector after a turn, so that nobody waits for all of a long memory
_AT_ONCE = 64


class Recollection:
    """Find what one user told and said by its meaning."""

    def __init__(
        self,
        memory: Memory,
        user: str,
        register: "Register",
        model: Callable[[], "Backbone"],
        is_loaded: Callable[[], bool],
    ) -> None:
        self.memory, self.user, self.register = memory, user, register
        self.model, self.is_loaded = model, is_loaded

    def facts(self, concept: str, text: str, count: int) -> Sequence[str]:
        """Return the facts of a concept that are nearest to a text, the nearest first."""
        found = self._nearest("fact", gist(text), count, concept)
        told = [self.memory.facts.get(self.user, one.id).text for one in found]
        return as_called_now(self.memory, self.user, concept, told)

    def search(self, text: str, count: int) -> tuple[Recalled, ...]:
        """Return the facts and turns that are nearest to a text, the nearest first.

        Whoever the text names is what they are about. Who else is in them does not matter.
        """
        found = find_mentions(text, self.register.list())
        about = found.concepts[0].id if found.concepts else None
        asked = gist(found.text)
        facts = _merged([self._fact(near) for near in self._nearest("fact", asked, count, about)])
        turns = [self._turn(near) for near in self._nearest("turn", asked, count, about)]
        alike = [one for one in facts + turns if one.similarity > 0]
        return tuple(sorted(alike, key=lambda one: -one.similarity)[:count])

    def catch_up(self) -> None:
        """Give vectors to what has none yet, if the model is at hand."""
        if self.is_loaded():
            for kind in ("fact", "turn"):
                self._complete(kind, _AT_ONCE)

    def _nearest(self, kind: Kind, asked: str, count: int, concept: str | None) -> Sequence[Near]:
        if not asked:
            return ()
        self._complete(kind)
        vector = self.model().embed_text(asked).tolist()
        index = self.memory.index
        return index.nearest(kind, vector, self.user, count, concept, embedder=self._embedder)

    @property
    def _embedder(self) -> str:
        return f"{self.model().config.name}/words"

    def _complete(self, kind: Kind, most: int | None = None) -> None:
        """Give vectors to items that this model made none for."""
        index, name = self.memory.index, self._embedder
        texts = self._facts_said if kind == "fact" else self._turns_said
        # whoever removes an item meanwhile is right; the others get theirs the next time
        with suppress(NotFoundError):
            said = texts(index.missing(self.user, kind, embedder=name)[:most])
            made = [(id, self.model().embed_text(text).tolist()) for id, text in said if text]
            with self.memory.writing():
                for id, vector in made:
                    index.put(self.user, kind, id, vector, embedder=name)

    def _facts_said(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        facts = [self.memory.facts.get(self.user, id) for id in ids]
        names = self._names()
        known = [one for one in facts if one.concept_id in names]
        return [(one.id, gist(mark(one.text, names[one.concept_id]))) for one in known]

    def _turns_said(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return what turns say, without the names; nothing of those that were forgotten."""
        said, names = [], self._names()
        for turn in (self.memory.turns.get(self.user, id) for id in ids):
            # of a picture the reply says nothing
            text = turn.text if turn.trace.get("image") else f"{turn.text} {turn.reply}"
            # whoever was forgotten meanwhile has no name
            for concept in turn.concepts:
                text = mark(text, names[concept]) if concept in names else text
            said.append((turn.id, "" if turn.trace.get("forgotten") else gist(text)))
        return said

    def _names(self) -> dict[str, str]:
        return {one.id: one.name for one in self.register.list()}

    def _fact(self, near: Near) -> Recalled:
        fact = self.memory.facts.get(self.user, near.id)
        about = self.memory.concepts.by_id(self.user, fact.concept_id).name
        return Recalled("fact", fact.text, (about,), fact.id, near.similarity, fact.created_at)

    def _turn(self, near: Near) -> Recalled:
        turn = self.memory.turns.get(self.user, near.id)
        about = tuple(self.memory.concepts.by_id(self.user, id).name for id in turn.concepts)
        return Recalled(
            "turn",
            turn.text,
            about,
            turn.id,
            near.similarity,
            turn.created_at,
            turn.reply,
            turn.conversation_id,
        )


def _merged(facts: Sequence[Recalled]) -> list[Recalled]:
    """Make one of a fact that is kept with several, as near as the nearest."""
    found: dict[str, Recalled] = {}
    for fact in facts:
        first = found.setdefault(fact.text, fact)
        if first is not fact:
            found[fact.text] = replace(first, about=(*first.about, *fact.about))
    return list(found.values())
