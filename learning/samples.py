"""Examples become samples of one model; each picture is encoded once and kept.

The samples equal those of `backbone.examples`, which encodes anew each time.
"""

from collections.abc import Sequence

from PIL import Image

from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.face import Backbone
from backbone.packing import EDIT, IMAGE, Item, LatentItem, TextItem
from backbone.training import Sample
from learning.examples import Drawing, Editing, Example, Question

__all__ = ["SampleMaker", "rows_of"]

# tokens up to which rows are filled: one long row costs less than several padded ones
_ROOM = 512


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
    """Let samples share rows as long as the longest one, or a little; the first that has room.

    Samples of a row that open alike, as those of one concept and purpose do, read that once.
    """
    sizes = [[_tokens(face, item) for item in sample.items] for sample in samples]
    room = max(_ROOM, *(sum(size) for size in sizes))
    rows: list[list[Sample]] = []
    left: list[int] = []
    for number in sorted(range(len(samples)), key=lambda n: -sum(sizes[n])):
        sample, size = samples[number], sizes[number]
        needs = [sum(size) - _saved(sample, size[0], row) for row in rows]
        fitting = [n for n, need in enumerate(needs) if need <= left[n]]
        if not fitting:
            rows.append([sample])
            left.append(room - sum(size))
            continue
        place = min(fitting, key=lambda n: needs[n])
        rows[place].append(sample)
        left[place] -= needs[place]
    return rows


def _saved(sample: Sample, opening: int, row: Sequence[Sample]) -> int:
    """Count the tokens that a sample need not bring to a row, since it opens as another one."""
    first = sample.items[0]
    known = isinstance(first, TextItem) and any(one.items[0] == first for one in row)
    return opening if known else 0


def _tokens(face: Backbone, item: Item) -> int:
    """Count the tokens of an item, its two markers included."""
    if isinstance(item, TextItem):
        return len(item.ids) + 2
    if isinstance(item, LatentItem):
        height, width = item.latent.shape[1:]
        return int(height * width) // face.config.latent_patch_size**2 + 2
    return face.model.count_tokens(item.pixels) + 2
