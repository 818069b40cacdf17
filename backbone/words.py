"""Words and photos to items, and ids back to words.

A concept is mentioned as ``<name>``; in a table that knows the name the mention becomes its
``<sks>`` row, anything else stays text. It holds no state of a conversation.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from PIL import Image
from torch import Generator

from backbone.concepts import ConceptTable
from backbone.images import flatten, resize, to_pixels
from backbone.model import UnifiedModel
from backbone.packing import IMAGE, LatentItem, TextItem, VitItem
from backbone.tokenizer import Tokenizer
from omni_errors import InputError

__all__ = ["Words"]


class Words:
    """Turn a person's texts and photos into a model's items, and back."""

    def __init__(self, model: UnifiedModel, tokenizer: Tokenizer) -> None:
        self.model, self.tokenizer = model, tokenizer

    def ids(self, text: str, table: ConceptTable) -> list[int]:
        """Return the ids of a text, mentions of known concepts as their rows."""
        names = [c.name for c in table.concepts]
        if not names:
            return self.tokenizer.encode(text)
        pattern = "|".join(re.escape(f"<{name}>") for name in sorted(names, key=len, reverse=True))
        out: list[int] = []
        for piece in re.split(f"({pattern})", text):
            known = piece[1:-1] in names and piece.startswith("<") and piece.endswith(">")
            out += [table.sks(piece[1:-1])] if known else self.tokenizer.encode(piece)
        return out

    def text(self, text: str, table: ConceptTable, *, loss: bool = False) -> TextItem:
        """Make a text segment; with ``loss`` training predicts it."""
        return TextItem(tuple(self.ids(text, table)), loss=loss)

    def prefix(self, name: str, table: ConceptTable, purpose: str) -> TextItem:
        """Make the segment that introduces a concept: ``<sks> is <und…><gen…>.`` (paper §3.1)."""
        joined = [table.sks(name), *self.tokenizer.encode(" is "), *table.rows(name, purpose)]
        return TextItem((*joined, *self.tokenizer.encode(".")))

    def look(self, photo: Image.Image) -> VitItem:
        """Make the item that lets the model see a photo; as released it is resized twice (§6)."""
        upright, config = flatten(photo), self.model.config
        if config.look_twice:
            upright = resize(upright, config.vae_transform)
        return VitItem(to_pixels(resize(upright, self.model.config.vit_transform)))

    def latent(
        self,
        photo: Image.Image,
        *,
        noisy: bool = False,
        task: str = IMAGE,
        generator: Generator | None = None,
    ) -> LatentItem:
        """Encode a photo as a latent: the posterior mean, or drawn if a generator is given."""
        autoencoder = self.model.autoencoder
        if autoencoder is None:
            raise InputError(f"{self.model.config.name} has no autoencoder; it makes no pictures.")
        pixels = to_pixels(resize(flatten(photo), self.model.config.vae_transform))[None]
        first = next(autoencoder.parameters())
        latent = autoencoder.encode(pixels.to(first), generator=generator)[0]
        return LatentItem(latent.detach().float().cpu(), noisy=noisy, task=task)

    def stream(self, ids: Iterable[int], table: ConceptTable) -> Iterator[str]:
        """Yield text as soon as its characters are whole."""
        waiting: list[int] = []
        shown = ""
        for token in ids:
            name = table.name_of(token)
            if name is not None:
                yield self.tokenizer.decode(waiting)[len(shown) :] + f"<{name}>"
                waiting, shown = [], ""
                continue
            waiting.append(token)
            whole = self.tokenizer.decode(waiting)
            if not whole.endswith("\ufffd"):
                yield whole[len(shown) :]
                shown = whole
        rest = self.tokenizer.decode(waiting)[len(shown) :]
        if rest:
            yield rest

    def join(self, ids: Sequence[int], table: ConceptTable) -> str:
        """Return the whole text of ids."""
        return "".join(self.stream(ids, table))
