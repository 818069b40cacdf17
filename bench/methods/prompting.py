"""Methods that learn nothing: what is known of a subject stands in the prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PIL import Image

from backbone.face import Backbone
from backbone.painting import ImageOptions
from bench.data.items import Bench, Subject
from bench.data.pictures import open_picture
from bench.data.questions import described
from bench.methods.players import Answered, Drawn, Given, bare, said
from bench.metrics.similarity import Vectors, cosines

__all__ = ["Library", "PromptPlayer", "RetrievalPlayer"]

# photos in a prompt, and records that are retrieved
_SHOWN, _NEAREST = 3, 2


@dataclass(frozen=True)
class PromptPlayer:
    """Play with the subject's description as text, its photos, or neither in the context."""

    face: Backbone
    subject: Subject
    text: bool
    photos: tuple[Image.Image, ...]
    options: ImageOptions

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Answer after what is known."""
        given = Given(self.face.read())
        if self.photos:
            given.add(f"These are photos of {self.subject.mention}:", *self.photos[:_SHOWN])
        if self.text:
            given.add(bare(described(self.subject), self.subject))
        if image is not None:
            given.add(image)
        return said(self.face, given.add(bare(text, self.subject)), asks_yes=asks_yes)

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Draw what is asked after what is known."""
        prompt = self._prompt(text)
        made = self.face.generate(
            prompt, images=self.photos[:_SHOWN], options=replace(self.options, seed=seed)
        )
        return Drawn(made.image, prompt)

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Edit after what is known."""
        prompt = self._prompt(text)
        made = self.face.edit(
            image,
            prompt,
            references=self.photos[:_SHOWN],
            options=replace(self.options, seed=seed),
        )
        return Drawn(made.image, prompt)

    def _prompt(self, text: str) -> str:
        known = bare(described(self.subject), self.subject) + " " if self.text else ""
        return known + bare(text, self.subject)


class Library:
    """All subjects with their photos: what retrieval looks through."""

    def __init__(self, face: Backbone, bench: Bench) -> None:
        self.face, self.bench = face, bench

    @cached_property
    def rows(self) -> list[tuple[Subject, str]]:
        """List the photos there are, with whose they are."""
        return [(one, path) for one in self.bench.subjects for path in one.train]

    @cached_property
    def vectors(self) -> Vectors:
        """Look at all photos ``[n, D]``."""
        return self._look([open_picture(self.bench.folder, path) for _, path in self.rows])

    def _look(self, images: Sequence[Image.Image]) -> Vectors:
        found = [self.face.embed_image(image).numpy() for image in images]
        return np.asarray(np.stack(found), np.float64)

    def nearest(self, image: Image.Image, count: int) -> list[tuple[Subject, str]]:
        """Return the photos of different subjects that are nearest."""
        near = cosines(self._look([image]), self.vectors)[0]
        found: dict[str, tuple[Subject, str]] = {}
        for place in np.argsort(-near):
            subject, path = self.rows[int(place)]
            found.setdefault(subject.name, (subject, path))
        return list(found.values())[:count]

    def named(self, text: str) -> list[tuple[Subject, str]]:
        """Return the first photo of each subject whose name is in a text."""
        return [(one, one.train[0]) for one in self.bench.subjects if f"<{one.mention}>" in text]


@dataclass(frozen=True)
class RetrievalPlayer:
    """Play as RAP does: named and nearest subjects' photos and records go before the question."""

    face: Backbone
    subject: Subject
    library: Library
    options: ImageOptions

    def answer(self, text: str, image: Image.Image | None, *, asks_yes: bool) -> Answered:
        """Answer after the records that were found."""
        near = self.library.nearest(image, _NEAREST) if image is not None else []
        found = {one.name: (one, path) for one, path in [*self.library.named(text), *near]}
        given = Given(self.face.read())
        if image is not None:
            given.add(image)
        for number, (one, path) in enumerate(found.values(), 1):
            photo = open_picture(self.library.bench.folder, path)
            record = f"Name: {one.mention}, Info: {bare(described(one), one)}"
            given.add(f"{number}.", photo, record)
        return said(self.face, given.add(bare(text, self.subject)), asks_yes=asks_yes)

    def draw(self, text: str, seed: int, *, needs_fact: bool) -> Drawn:
        """Draw after the named subject's record and photo."""
        return self._prompted(text).draw(text, seed, needs_fact=needs_fact)

    def edit(self, image: Image.Image, text: str, seed: int) -> Drawn:
        """Edit after the named subject's record and photo."""
        return self._prompted(text).edit(image, text, seed)

    def _prompted(self, text: str) -> PromptPlayer:
        folder = self.library.bench.folder
        photos = tuple(open_picture(folder, path) for _, path in self.library.named(text))
        return PromptPlayer(self.face, self.subject, True, photos, self.options)
