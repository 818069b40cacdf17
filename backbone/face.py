"""The public face of a backbone: words, photos and concepts in; text, pictures and losses out.

Everything the rest of the house needs of the model is a method here. It knows no users, no
files but the model's own, and keeps no state between calls; conversations are `Reading` values
the caller holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Generator, Tensor

from backbone.class_words import Guess, guesses
from backbone.concepts import UNDERSTAND, ConceptTokens, ConceptWriter
from backbone.config import BackboneConfig
from backbone.context import TOGETHER
from backbone.decoding import Score, TextOptions, decode, scores
from backbone.examples import Examples
from backbone.lexicon import Lexicon
from backbone.model import UnifiedModel
from backbone.packing import Item, TextItem
from backbone.painting import ImageOptions, Painter, Picture
from backbone.reading import Reading
from backbone.tokenizer import Tokenizer
from backbone.training import JointLoss, LossOptions, Sample, joint_loss
from backbone.words import Words
from omni_errors import InputError

__all__ = ["Backbone"]


class Backbone:
    """Use one unified model through words and photos."""

    def __init__(self, model: UnifiedModel, tokenizer: Tokenizer) -> None:
        self.model = model
        self.words = Words(model, tokenizer)
        self.painter = Painter(self.words)
        self.examples = Examples(self.words)
        # what writes a concept's first rows from photos; most models have nothing that does
        self.writer: ConceptWriter | None = None

    @property
    def config(self) -> BackboneConfig:
        """Return the sizes and options of the model."""
        return self.model.config

    # understanding

    def read(
        self,
        concepts: Sequence[ConceptTokens] = (),
        purpose: str = UNDERSTAND,
        *,
        think: bool = False,
    ) -> Reading:
        """Start reading, with concepts introduced in order.

        ``think`` asks the model to reason before it answers.
        """
        return Reading.begin(self.words, concepts, purpose, think=think)

    def stream(self, reading: Reading, options: TextOptions | None = None) -> Iterator[str]:
        """Yield the answer's text piece by piece; the reading stays as it was."""
        ids = decode(reading.context, options)
        return self.words.stream(ids, reading.context.table)

    def answer(self, reading: Reading, options: TextOptions | None = None) -> str:
        """Return the answer's whole text."""
        return "".join(self.stream(reading, options))

    def score(self, reading: Reading, answer: str, *, closed: bool = True) -> Score:
        """Tell how likely an answer is; ``closed`` counts its end as well."""
        return self.scores(reading, [answer], closed=closed)[0]

    def scores(
        self, reading: Reading, answers: Sequence[str], *, closed: bool = True
    ) -> list[Score]:
        """Tell how likely each answer is; together they take hardly longer than one."""
        table = reading.context.table
        ids = [self.words.ids(answer, table) for answer in answers]
        return scores(reading.context, ids, closed=closed)

    def margin(self, reading: Reading) -> float:
        """Tell how much likelier an answer begins as "Yes" does than as "No", in log odds."""
        return self._margins(reading, [(TextItem(()),)])[0]

    def margins(self, reading: Reading, asked: Sequence[tuple[Image.Image, str]]) -> list[float]:
        """Tell the margin of each photo with its question, as if it were read alone.

        Photos of few tokens share passes, which take hardly longer than one photo's.
        """
        table, words = reading.context.table, self.words
        pairs = [(words.look(photo), words.text(question, table)) for photo, question in asked]
        count = self.model.item_tokens
        sizes = [count(seen) + count(text) for seen, text in pairs]
        together = max(TOGETHER // max(sizes, default=1), 1)
        groups = (pairs[at : at + together] for at in range(0, len(pairs), together))
        samples = ([(seen, text, TextItem(())) for seen, text in group] for group in groups)
        return [margin for group in samples for margin in self._margins(reading, group)]

    @torch.no_grad()
    def _margins(self, reading: Reading, samples: Sequence[Sequence[Item]]) -> list[float]:
        """Tell the margin after each sample, whose last text is the answer that begins."""
        table = reading.context.table
        words = [self.words.ids(word, table)[0] for word in ("Yes", "No")]
        states = reading.context.peek(samples)
        odds = (self.model.exact_logits(at[:1].expand(2, -1), words, table) for at in states)
        return [float(yes - no) for yes, no in odds]

    # concepts

    def write_concept(
        self,
        name: str,
        photos: Sequence[Image.Image],
        masks: Sequence[NDArray[np.bool_]] | None = None,
    ) -> ConceptTokens:
        """Write a concept's rows from photos of it, without training.

        ``masks [H, W]`` tell where the subject is in each photo; without them it is the photo.

        Raises:
            InputError: if the model has no concept encoders, or there are no photos.
        """
        if self.writer is None:
            raise InputError(
                f"{self.config.name} has no concept encoders.", hint="Begin with random rows."
            )
        return self.writer.write(name, photos, masks)

    # pictures

    def generate(
        self,
        text: str,
        *,
        concepts: Sequence[ConceptTokens] = (),
        images: Sequence[Image.Image] = (),
        options: ImageOptions | None = None,
    ) -> Picture:
        """Draw a picture of a text, with reference images if given."""
        return self.painter.paint(
            [*images, text], concepts, options or ImageOptions(), self.painter.drawing_guidance
        )

    def edit(
        self,
        image: Image.Image,
        text: str,
        *,
        concepts: Sequence[ConceptTokens] = (),
        references: Sequence[Image.Image] = (),
        options: ImageOptions | None = None,
    ) -> Picture:
        """Change an image as a text says; the result has the size of the resized image."""
        parts: list[str | Image.Image] = [*references, image, text]
        options = options or ImageOptions()
        size = options.size or self.painter.size_of(image)
        return self.painter.paint(
            parts, concepts, replace(options, size=size), self.painter.editing_guidance, image
        )

    # training: `examples` makes the samples

    def losses(
        self,
        rows: Sequence[Sequence[Sample]],
        generator: Generator,
        options: LossOptions | None = None,
    ) -> JointLoss:
        """Run the joint training forward (eq. 9); see `joint_loss`."""
        return joint_loss(self.model, rows, generator, options)

    # vectors for the memory's index

    def embed_text(self, text: str) -> Tensor:
        """Return a unit vector ``[Du]`` of a text's words: near where they mean alike.

        Leave out what does not matter, as names and words like "the"; order counts for nothing.

        Raises:
            InputError: if there is no text.
        """
        # a word within a sentence has a space before it, and another row without
        ids = self.words.tokenizer.encode(f" {text.strip()}") if text.strip() else []
        if not ids:
            raise InputError("An empty text has no vector.", hint="Give a word or more.")
        return self._lexicon.vector(ids)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.model)

    @torch.no_grad()
    def guess_class(self, photos: Sequence[Image.Image]) -> tuple[Guess, ...]:
        """Say what photos of one thing show, by the vision encoder's own classes.

        All words it knows, the likeliest first; none if it was trained with none.
        """
        encoder = self.model.vit_model
        if encoder is None:
            return ()
        told: list[Tensor] = []
        for photo in photos:
            pixels = self.words.look(photo).pixels[None].to(self.model.device, self.model.dtype)
            found = encoder.classify(pixels)
            if found is None:
                return ()
            told.append(found[0])
        return guesses(torch.stack(told).mean(dim=0)) if told else ()

    @torch.no_grad()
    def embed_image(self, photo: Image.Image) -> Tensor:
        """Return a unit vector ``[Dv]``: the mean of the vision encoder's own tokens."""
        encoder = self.model.vit_model
        if encoder is None:
            raise InputError(f"{self.config.name} has no vision encoder, so it sees no images.")
        pixels = self.words.look(photo).pixels[None].to(self.model.device, self.model.dtype)
        return _unit(encoder(pixels)[0])


def _unit(states: Tensor) -> Tensor:
    mean = states.float().mean(0).cpu()
    length: Tensor = torch.linalg.vector_norm(mean)
    return mean / length.clamp_min(1e-12)
