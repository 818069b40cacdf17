"""Training examples from words and photos: the three kinds of the joint objective.

Each function makes one `Sample`; encode a photo once and reuse its sample, the items are values.
"""

from collections.abc import Callable, Sequence

from PIL import Image

from backbone.concepts import GENERATE, UNDERSTAND, ConceptTable, ConceptTokens
from backbone.packing import EDIT, IMAGE, Item
from backbone.painting import Painter
from backbone.training import Sample
from backbone.words import Words

__all__ = ["Examples"]


class Examples:
    """Make samples for one model."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._painter = Painter(words)

    def sample(
        self,
        items: Callable[[ConceptTable], Sequence[Item]],
        concepts: Sequence[ConceptTokens] = (),
        purpose: str = UNDERSTAND,
    ) -> Sample:
        """Make a sample: prefixes of its concepts, then what ``items`` makes.

        ``items`` gets the table in which names are known.
        """
        table = ConceptTable(self.words.model.config.trunk.vocab_size, concepts)
        prefixes = [self.words.prefix(c.name, table, purpose) for c in table.concepts]
        return Sample((*prefixes, *items(table)), table.concepts)

    def question(
        self,
        question: str,
        answer: str,
        *,
        photo: Image.Image | None = None,
        concepts: Sequence[ConceptTokens] = (),
    ) -> Sample:
        """Make an understanding example: the answer is predicted (eq. 6)."""

        def items(table: ConceptTable) -> list[Item]:
            seen: list[Item] = [] if photo is None else [self.words.look(photo)]
            asked = self.words.text(question, table)
            return [*seen, asked, self.words.text(answer, table, loss=True)]

        return self.sample(items, concepts)

    def drawing(
        self, text: str, photo: Image.Image, *, concepts: Sequence[ConceptTokens] = ()
    ) -> Sample:
        """Make a generation example: the photo is predicted from the text (eq. 7)."""
        target = self.words.latent(photo, noisy=True, task=IMAGE)
        return self.sample(lambda table: [self.words.text(text, table), target], concepts, GENERATE)

    def editing(
        self,
        source: Image.Image,
        text: str,
        target: Image.Image,
        *,
        concepts: Sequence[ConceptTokens] = (),
    ) -> Sample:
        """Make an editing example: the target is predicted from source and text (eq. 8)."""
        conditions = self._painter.source(source)
        wanted = self.words.latent(target, noisy=True, task=EDIT)
        return self.sample(
            lambda table: [*conditions, self.words.text(text, table), wanted], concepts, GENERATE
        )
