"""Examples become samples of one model; each picture is encoded once and kept.

The samples equal those of `backbone.examples`, which encodes anew each time.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.face import Backbone
from backbone.packing import EDIT, IMAGE, Item, opening_of
from backbone.training import Sample
from learning.examples import Drawing, Editing, Example, Question

__all__ = ["SampleMaker", "rows_of"]

# tokens up to which rows are filled, and the lengths that are tried
_ROOM, _STEP = 512, 16


class SampleMaker:
    """Make samples of examples for one model and one concept."""

    def __init__(self, face: Backbone, concept: ConceptTokens) -> None:
        self.face, self.concept = face, concept
        # pictures are kept with what was made of them, so that an id stays one picture's
        self._made: dict[tuple[str, int], tuple[Image.Image, tuple[Item, ...]]] = {}

    def sample(self, example: Example) -> Sample:
        """Make the sample of an example."""
        make, known = self.face.examples, (self.concept,)
        match example:
            case Question():
                return make.sample(lambda table: self._question(example, table), known)
            case Drawing():
                return make.sample(lambda table: self._drawing(example, table), known, GENERATE)
            case Editing():
                return make.sample(lambda table: self._editing(example, table), known, GENERATE)

    def _question(self, example: Question, table: ConceptTable) -> list[Item]:
        words = self.face.words
        seen = self._seen("look", example.photo) if example.photo is not None else ()
        answer = words.text(example.answer, table, loss=True)
        return [*seen, words.text(example.question, table), answer]

    def _drawing(self, example: Drawing, table: ConceptTable) -> list[Item]:
        return [self.face.words.text(example.text, table), *self._seen(IMAGE, example.photo)]

    def _editing(self, example: Editing, table: ConceptTable) -> list[Item]:
        asked = self.face.words.text(example.text, table)
        return [*self._seen("source", example.source), asked, *self._seen(EDIT, example.target)]

    def _seen(self, use: str, image: Image.Image) -> tuple[Item, ...]:
        key = (use, id(image))
        if key not in self._made:
            self._made[key] = (image, self._encode(use, image))
        return self._made[key][1]

    def _encode(self, use: str, image: Image.Image) -> tuple[Item, ...]:
        if use == "look":
            return (self.face.words.look(image),)
        if use == "source":
            return self.face.painter.source(image)
        return (self.face.words.latent(image, noisy=True, task=use),)


def rows_of(face: Backbone, samples: Sequence[Sample]) -> list[list[Sample]]:
    """Let samples share rows, of the length that leaves least to be padded.

    Samples of a row that open alike, as those of one concept and purpose do, read that once.
    """
    sizes = [[face.model.item_tokens(item) for item in sample.items] for sample in samples]
    longest = max(map(sum, sizes), default=0)
    lengths = range(longest, max(longest, _ROOM) + 1, _STEP)
    return min((_filled(samples, sizes, length) for length in lengths), key=_places).samples


class _Rows(NamedTuple):
    """Rows of samples, and the tokens of each."""

    samples: list[list[Sample]]
    tokens: list[int]


def _places(rows: _Rows) -> int:
    """Count the places of rows padded to the longest."""
    return len(rows.tokens) * max(rows.tokens, default=0)


def _filled(samples: Sequence[Sample], sizes: Sequence[Sequence[int]], length: int) -> _Rows:
    """Put each sample where it needs least, in rows up to a length, the largest first."""
    rows = _Rows([], [])
    for number in sorted(range(len(samples)), key=lambda n: -sum(sizes[n])):
        sample, size = samples[number], sizes[number]
        after = [
            tokens + sum(size) - _saved(sample, size[0], row)
            for row, tokens in zip(rows.samples, rows.tokens, strict=True)
        ]
        fitting = [n for n, tokens in enumerate(after) if tokens <= length]
        if fitting:
            place = min(fitting, key=lambda n: after[n] - rows.tokens[n])
            rows.samples[place].append(sample)
            rows.tokens[place] = after[place]
        else:
            rows.samples.append([sample])
            rows.tokens.append(sum(size))
    return rows


def _saved(sample: Sample, size: int, row: Sequence[Sample]) -> int:
    """Count the tokens that a sample need not bring to a row, since it opens as another one."""
    opening = opening_of(sample.items)
    known = opening is not None and any(opening_of(one.items) == opening for one in row)
    return size if known else 0
