"""From photos of a subject to its first rows, with the concept encoders of a model folder."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import normalize

from backbone.concepts import ConceptTokens, Routing
from backbone.images import flatten
from backbone.mini.clarity import clarity
from backbone.mini.concept_encoder import Rows, WrittenConcept
from backbone.mini.matching import Written, written_by
from backbone.mini.pixels import Bytes
from backbone.mini.row_encoder import CROP
from backbone.mini.shipped import Encoders, read_encoders
from backbone.mini.views import frame, masked_crop
from backbone.whitening import WhitenedConnector
from backbone.words import Words
from omni_errors import FolderError, InputError

__all__ = ["RowWriter", "open_writer"]

# The generation expert learned beside texts without understanding rows.
_ROUTING = Routing(hide_und_in_gen=True)
# pixels per side of the crop that is looked at
_SEEN = 224


class RowWriter:
    """Write rows that work before anything was trained.

    Understanding rows weigh all photos, and the name copies what both they and their crops show;
    generation rows are those of one photo, the one whose subject is cut out most clearly, since a
    mean of two shapes is neither.
    """

    def __init__(self, words: Words, encoders: Encoders) -> None:
        self.words, self.encoders = words, encoders

    @torch.no_grad()
    def write(
        self,
        name: str,
        photos: Sequence[Image.Image],
        masks: Sequence[NDArray[np.bool_]] | None = None,
    ) -> ConceptTokens:
        """Write a concept's rows from photos of it and masks ``[H, W]`` of where it is.

        Raises:
            InputError: if there are no photos, or a mask does not fit its photo.
        """
        if not photos:
            raise InputError(f"There is no photo of {name!r}.", hint="Give at least one.")
        pixels = [np.asarray(flatten(photo)) for photo in photos]
        inside = [np.ones(p.shape[:2], np.bool_) for p in pixels] if masks is None else masks
        for number, (picture, mask) in enumerate(zip(pixels, inside, strict=True)):
            if picture.shape[:2] != mask.shape or not mask.any():
                raise InputError(f"Mask {number} is empty or not of the size of its photo.")
        seen = [masked_crop(p, m, _SEEN)[0] for p, m in zip(pixels, inside, strict=True)]
        crops = self._features(seen)
        # crops are squares, so that all give as many tokens
        views = self._connector(torch.cat(crops)).cpu()
        present = torch.ones(1, len(views), dtype=torch.bool)
        rows = self.encoders.und(views[None].float(), present)
        rows = rows._replace(sks=self._named(rows.sks, crops, self._features(pixels)))
        best = max(range(len(inside)), key=lambda n: clarity(inside[n]))
        gen = self._gen(pixels[best], inside[best])
        made = WrittenConcept(name, Rows(*(part[0].float() for part in rows)), gen).frozen()
        made.routing = _ROUTING
        return made

    @torch.no_grad()
    def doubt(self, rows: ConceptTokens, amount: float) -> None:
        """Let a name in place say yes less readily, or more where the amount is below 0.

        What a name carries as a name is taken off the scores of pictures (`matching`).
        """
        if self._directions is not None:
            rows.sks.add_(amount * self._directions.named.to(rows.sks))

    def _features(self, pictures: Sequence[Bytes]) -> list[Tensor]:
        """See each picture as the vision encoder's tokens ``[1, T, Dv]``; shapes may differ."""
        model = self.words.model
        if model.vit_model is None:
            raise InputError(f"{model.config.name} has no vision encoder, so it sees no images.")
        looked = (self.words.look(Image.fromarray(picture)).pixels for picture in pictures)
        return [model.vit_model(one[None].to(model.device, model.dtype)) for one in looked]

    @property
    def _connector(self) -> nn.Module:
        connector = self.words.model.connector
        if connector is None:
            raise AssertionError("asked of a model that sees")
        return connector

    @cached_property
    def _directions(self) -> Written | None:
        """Return where names carry what they are compared by, None where they are not."""
        connector = self._connector
        if not isinstance(connector, WhitenedConnector):
            return None
        return written_by(self.encoders.und, connector)

    def _named(self, sks: Tensor, crops: Sequence[Tensor], photos: Sequence[Tensor]) -> Tensor:
        """Let a name ``[n, 1, D]`` copy crops and photos in equal parts, as much as it did.

        Pictures that are asked about are whole ones, so a copy of crops alone is less like them
        (docs/log.md).
        """
        connector, known = self._connector, self._directions
        if known is None or not isinstance(connector, WhitenedConnector):
            return sks
        parts = (_mean_glimpse(connector, seen) for seen in (crops, photos))
        shown = normalize(torch.stack([normalize(part, dim=-1) for part in parts]).sum(0), dim=-1)
        copy = known.copy.to(sks)
        before = sks @ copy.T
        length = torch.linalg.vector_norm(before, dim=-1, keepdim=True)
        named: Tensor = sks + (length * shown.to(sks) - before) @ copy
        return named

    def _gen(self, pixels: Bytes, mask: NDArray[np.bool_]) -> Tensor:
        autoencoder = self.words.model.autoencoder
        if autoencoder is None:
            return torch.zeros(0, 0)
        crop, inside = masked_crop(pixels, mask, CROP, frame)
        image = torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 127.5 - 1
        first = next(autoencoder.parameters())
        latent = autoencoder.encode(image.to(first)).float().cpu()
        share = nn.functional.avg_pool2d(torch.from_numpy(inside)[None, None].float(), 8)
        rows: Tensor = self.encoders.gen(latent, share)[0]
        return rows


def _mean_glimpse(connector: WhitenedConnector, seen: Sequence[Tensor]) -> Tensor:
    """Average what pictures tell, each as much as any other."""
    return torch.stack(
        [connector.glimpse(connector.whiten(one)).mean((0, 1)) for one in seen]
    ).mean(0)


def open_writer(folder: Path, words: Words) -> RowWriter:
    """Open the encoders of a model folder.

    Raises:
        FolderError: if it has none.
    """
    encoders = read_encoders(folder, words.model)
    if encoders is None:
        raise FolderError(f"{folder} has no concept encoders.")
    return RowWriter(words, encoders)
