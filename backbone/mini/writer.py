"""From photos of a subject to its first rows, with the concept encoders of a model folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from backbone.concepts import ConceptTokens, Routing
from backbone.images import flatten
from backbone.mini.clarity import clarity
from backbone.mini.concept_encoder import Rows, WrittenConcept
from backbone.mini.pixels import Bytes
from backbone.mini.row_encoder import CROP
from backbone.mini.shipped import Encoders, read_encoders
from backbone.mini.views import frame, masked_crop
from backbone.words import Words
from omni_errors import FolderError, InputError

__all__ = ["RowWriter", "open_writer"]

# The generation expert learned beside texts without understanding rows.
_ROUTING = Routing(hide_und_in_gen=True)
# pixels per side of the crop that is looked at
_SEEN = 224


class RowWriter:
    """Write rows that work before anything was trained.

    Understanding rows weigh all photos; generation rows are those of one photo, the one whose
    subject is cut out most clearly, since a mean of two shapes is neither.
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
        views = self._tokens(seen)
        present = torch.ones(1, len(views), dtype=torch.bool)
        rows = self.encoders.und(views[None].float(), present)
        best = max(range(len(inside)), key=lambda n: clarity(inside[n]))
        gen = self._gen(pixels[best], inside[best])
        made = WrittenConcept(name, Rows(*(part[0].float() for part in rows)), gen).frozen()
        made.routing = _ROUTING
        return made

    def _tokens(self, pictures: Sequence[Bytes]) -> Tensor:
        """See pictures as the connector's tokens ``[n, T, D]``."""
        model = self.words.model
        if model.vit_model is None or model.connector is None:
            raise InputError(f"{model.config.name} has no vision encoder, so it sees no images.")
        looked = [self.words.look(Image.fromarray(picture)).pixels for picture in pictures]
        features = model.vit_model(torch.stack(looked).to(model.device, model.dtype))
        tokens: Tensor = model.connector(features)
        return tokens.cpu()

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


def open_writer(folder: Path, words: Words) -> RowWriter:
    """Open the encoders of a model folder.

    Raises:
        FolderError: if it has none.
    """
    encoders = read_encoders(folder, words.model)
    if encoders is None:
        raise FolderError(f"{folder} has no concept encoders.")
    return RowWriter(words, encoders)
