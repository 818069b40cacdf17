"""What one conversation has read, in words and photos.

A `Reading` wraps a context with the words around it. It is the caller's to hold and to copy.
"""

import json
from collections.abc import Sequence
from importlib.resources import files

from PIL import Image

from backbone.concepts import ConceptTokens
from backbone.context import Context
from backbone.words import Words

__all__ = ["Reading", "think_prompt"]


def think_prompt(purpose: str) -> str:
    """Return the release's instruction to reason before answering or drawing (§18)."""
    text = (files("backbone") / "prompts" / "think.json").read_text("utf8")
    prompts: dict[str, str] = json.loads(text)
    return prompts[purpose]


class Reading:
    """Hold what the model has read in one conversation; copy it to try different ends."""

    def __init__(self, words: Words, context: Context) -> None:
        self._words, self.context = words, context

    @classmethod
    def begin(
        cls, words: Words, concepts: Sequence[ConceptTokens], purpose: str, *, think: bool
    ) -> "Reading":
        """Start with the concepts' prefixes and perhaps the instruction to think."""
        reading = cls(words, Context(words.model, None, purpose))
        for concept in concepts:
            reading.add_concept(concept)
        return reading.add_text(think_prompt(purpose)) if think else reading

    @property
    def length(self) -> int:
        """Count the tokens read."""
        return self.context.length

    def copy(self) -> "Reading":
        """Return a reading that goes its own way from here."""
        return Reading(self._words, self.context.copy())

    def add_concept(self, concept: ConceptTokens) -> "Reading":
        """Introduce a concept by its prefix; a second time changes nothing."""
        concept.check(self.context.model.config)
        known = self.context.table
        self.context.table = known.with_concept(concept)
        if self.context.table is not known:
            prefix = self._words.prefix(concept.name, self.context.table, self.context.purpose)
            self.context.later(prefix)
        return self

    def add_text(self, text: str) -> "Reading":
        """Read a text; ``<name>`` mentions a concept that was introduced."""
        self.context.later(self._words.text(text, self.context.table))
        return self

    def add_image(self, photo: Image.Image) -> "Reading":
        """Look at a photo."""
        self.context.later(self._words.look(photo))
        return self
