"""Methods at work: a player answers, draws and edits for one method and one subject."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from PIL import Image

from backbone.concepts import ConceptTokens
from backbone.decoding import TextOptions
from backbone.face import Backbone
from backbone.mini.words import with_article
from backbone.painting import ImageOptions
from backbone.reading import Reading
from bench.data.items import Subject
from bench.methods.dreambooth import RARE
from bench.methods.replaying import replayed
from graphs.options import ReplayOptions
from graphs.profile import asks, before, lines_of, relevant

__all__ = [
    "ANSWER_TOKENS",
    "Answered",
    "Control",
    "Drawn",
    "Given",
    "Player",
    "RowsPlayer",
    "UpdatesPlayer",
    "bare",
]

# tokens of an answer; UnifyBench allows 100
ANSWER_TOKENS = 48


@dataclass(frozen=True)
class Answered:
    """An answer in words, log p(yes) - log p(no) where that was asked, and all text it was given.

    Photos that stood before or between are not in the prompt.
    """

    text: str
    margin: float | None = None
    prompt: str = ""


@dataclass(frozen=True)
class Drawn:
    """A picture, the prompt it was drawn from, and what replay did."""

    image: Image.Image
    prompt: str
    stages: list[dict[str, Any]] = field(default_factory=list)


class Player(Protocol):
    """Do the items of one method."""

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Answer a question, perhaps about a photo."""
        ...

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Draw a picture."""
        ...

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Change a picture."""
        ...


def bare(text: str, subject: Subject) -> str:
    """Write a mention as a plain name, for models that have no row for it."""
    return text.replace(f"<{subject.mention}>", subject.mention)


@dataclass(frozen=True)
class Given:
    """What is put before the model for an answer, its texts kept beside it."""

    reading: Reading
    texts: list[str] = field(default_factory=list)

    def add(self, *parts: str | Image.Image) -> "Given":
        """Read texts and photos, one after the other."""
        for part in parts:
            if isinstance(part, str):
                self.texts.append(part)
                self.reading.add_text(part)
            else:
                self.reading.add_image(part)
        return self


def said(face: Backbone, given: Given, *, asks_yes: bool) -> Answered:
    """Answer greedily what was read."""
    text = face.answer(given.reading, TextOptions(ANSWER_TOKENS)).strip()
    margin = face.margin(given.reading) if asks_yes else None
    return Answered(text, margin, "\n".join(given.texts))


@dataclass(frozen=True)
class RowsPlayer:
    """Play with a concept's rows.

    ``facts`` puts the profile before a question as the assistant does: what it is where that is
    asked for, without what it has, and nothing before a question of yes or no.
    """

    face: Backbone
    subject: Subject
    concept: ConceptTokens
    facts: bool
    replay: ReplayOptions
    options: ImageOptions

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Answer with the rows in context."""
        known = self._profiled(text) if self.facts and not asks_yes else text
        given = Given(self.face.read([self.concept]))
        if image is not None:
            given.add(image)
        return said(self.face, given.add(known), asks_yes=asks_yes)

    def _profiled(self, text: str) -> str:
        subject, name = self.subject, self.subject.mention
        kind = with_article(subject.class_word) if asks("of_kind", text) else ""
        facts = relevant(name, [fact.text for fact in subject.facts], text)
        return before(name, lines_of(name, facts, kind), text)

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Draw with the rows, facts replayed into the prompt where one is needed.

        ``needs_fact`` comes from the task, as an oracle: a user's prompt does not say so, and
        whether replay would find it out by itself is not measured here.
        """
        stages: list[dict[str, Any]] = []
        if needs_fact and self.replay.source != "none":
            text, stages = replayed(self.face, self.subject, self.concept, text, self.replay)
        options = replace(self.options, seed=seed)
        made = self.face.generate(text, concepts=[self.concept], options=options)
        return Drawn(made.image, text, stages)

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Edit with the rows."""
        options = replace(self.options, seed=seed)
        made = self.face.edit(image, text, concepts=[self.concept], options=options)
        return Drawn(made.image, text)


@dataclass(frozen=True)
class UpdatesPlayer:
    """Draw while a subject's low-rank updates are in place."""

    face: Backbone
    subject: Subject
    options: ImageOptions

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Refuse: the updates know nothing in words."""
        raise NotImplementedError("DreamBooth draws only")

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Draw with the rare word and the class in place of the name."""
        prompt = text.replace(f"<{self.subject.mention}>", f"{RARE} {self.subject.class_word}")
        made = self.face.generate(prompt, options=replace(self.options, seed=seed))
        return Drawn(made.image, prompt)

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Refuse: nothing was learned about edits."""
        raise NotImplementedError("DreamBooth draws only")


@dataclass(frozen=True)
class Control:
    """Do without the model what must not look good, or, with real photos, must look best."""

    kind: str
    photos: Callable[[], Sequence[Image.Image]]
    size: int = 128

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Say yes."""
        return Answered("Yes.", 1.0 if asks_yes else None)

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Show a photo, or nothing."""
        photos = self.photos() if self.kind == "real" else ()
        black = Image.new("RGB", (self.size, self.size))
        return Drawn(photos[seed % len(photos)] if photos else black, text)

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Give the picture back as it was, or show nothing."""
        same = self.kind == "unchanged"
        return Drawn(image if same else Image.new("RGB", image.size), text)
