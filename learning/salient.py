"""Outlining the subject of several photos together: what they share is found before its edges.

Features of EfficientNet-Lite0 say roughly where the subject is (`learning.saliency`), GrabCut
finds the outline. GrabCut from the middle alone is kept where it fits better: its edges are often
cleaner, but it fails where a subject touches the border, is small, or off the middle.

Letters: ``H W`` pixels, ``h w`` cells of a feature map, ``D`` channels.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from backbone.config import EfficientNetConfig
from backbone.efficientnet import EfficientNetEncoder
from backbone.images import to_pixels
from backbone.mini.clarity import clarity
from learning.masks import (
    GrabCutSegmenter,
    Mask,
    MaskOptions,
    SubjectMask,
    enlarged,
    outlined,
    working_size,
)
from learning.saliency import shared_saliency

__all__ = ["SalientSegmenter"]

# the least share of a photo that a subject found in several may cover
_SMALL = 0.015
Shades = NDArray[np.float32]
# pixels per side of what the features are taken of: 16 by 16 cells
_SEEN = 512
# relative to the threshold between subject and rest: below is surely rest, above may be subject
_SURELY_NOT, _PERHAPS = 0.15, 0.8
# of what is above the threshold, this part is surely the subject; cells are coarse, so it is small
_SURELY = 0.1


class SalientSegmenter:
    """Outline what photos of one subject have in common."""

    name = "salient"

    def __init__(self, options: MaskOptions | None = None) -> None:
        self.options = options or MaskOptions()
        self.plain = GrabCutSegmenter(self.options)
        # a small part that stood out from the middle may be an eye; one that photos share is not
        self._found = replace(self.options, min_share=min(self.options.min_share, _SMALL))

    def segment(self, image: Image.Image, what: str) -> SubjectMask:
        """Say where the subject of one photo is."""
        return self.segment_all([image], what)[0]

    def segment_all(self, images: Sequence[Image.Image], what: str) -> tuple[SubjectMask, ...]:
        """Say where the subject that photos share is in each."""
        if not images:
            return ()
        found = shared_saliency([self._map(image) for image in images])
        return tuple(
            self._outline(image, cells.numpy().astype(np.float32), what)
            for image, cells in zip(images, found, strict=True)
        )

    @cached_property
    def _encoder(self) -> EfficientNetEncoder:
        return EfficientNetEncoder(EfficientNetConfig(tokens_per_side=None))

    @torch.no_grad()
    def _map(self, image: Image.Image) -> Tensor:
        """Look at a photo as a map ``[h, w, D]`` of unit vectors."""
        small = image.convert("RGB").resize((_SEEN, _SEEN), Image.Resampling.BICUBIC)
        tokens = self._encoder(to_pixels(small)[None])[0].float()
        cells = tokens.reshape(*self._encoder.grid(_SEEN, _SEEN), -1)
        return torch.nn.functional.normalize(cells, dim=-1)

    def _outline(self, image: Image.Image, cells: Shades, what: str) -> SubjectMask:
        width, height = working_size(image.size)
        large = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
        shades = np.clip(large, 0, 1).astype(np.float32)
        plain = self.plain.segment(image, what)
        ways = [(_fit(plain.inside, shades), plain)] if plain.outlined else []
        small = np.asarray(image.convert("RGB").resize((width, height)), np.uint8)
        inside = outlined(small, _labels(shades), self._found)
        if inside is not None:
            mask = SubjectMask(enlarged(inside, image.size), self.name)
            ways.append((_fit(mask.inside, shades), mask))
        # not what seems to be the subject: a blob with its surroundings looks like the photos, too,
        # and would be drawn from (docs/log.md)
        return max(ways, key=lambda way: way[0])[1] if ways else plain


def _labels(shades: Shades) -> NDArray[np.uint8]:
    """Say of each pixel what GrabCut is to begin from."""
    level, _ = cv2.threshold((shades * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    limit = float(level) / 255
    labels = np.full(shades.shape, cv2.GC_PR_BGD, np.uint8)
    labels[shades > _PERHAPS * limit] = cv2.GC_PR_FGD
    labels[shades < _SURELY_NOT * limit] = cv2.GC_BGD
    above = shades[shades > limit]
    if above.size:
        labels[shades > np.quantile(above, 1 - _SURELY)] = cv2.GC_FGD
    return labels


def _fit(mask: Mask, shades: Shades) -> float:
    """Score how well an outline agrees with where the subject seems to be, and is one at all."""
    size = (shades.shape[1], shades.shape[0])
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    both, either = np.minimum(small, shades).sum(), np.maximum(small, shades).sum()
    return float(both / max(float(either), 1e-6)) * clarity(mask)
