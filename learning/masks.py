"""Where the subject is in a photo: something pluggable, with one way that needs nothing.

`GrabCutSegmenter` begins from the middle of the photo; `learning.salient` from what several photos
share; `TextSegmenter` asks a text-prompted network, if its weights are on this machine.
`find_segmenter` chooses by name.

Letters: ``H W`` pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.limits import require
from omni_errors import InputError, ResourceError

__all__ = [
    "GrabCutSegmenter",
    "GroupSegmenter",
    "Mask",
    "MaskOptions",
    "Segmenter",
    "SubjectMask",
    "TextSegmenter",
    "central_ellipse",
    "enlarged",
    "find_segmenter",
    "outline_all",
    "outlined",
    "working_size",
]

Mask = NDArray[np.bool_]
# the working size of GrabCut; its time grows with the pixels, its outlines hardly improve
_SIDE = 192


@dataclass(frozen=True)
class SubjectMask:
    """Say where the subject is ``[H, W]``; ``outlined`` is false for a guess."""

    inside: Mask
    method: str
    outlined: bool = True

    @property
    def share(self) -> float:
        """Give the part of the photo it covers."""
        return float(self.inside.mean())


class Segmenter(Protocol):
    """Find the subject of photos."""

    def segment(self, image: Image.Image, what: str) -> SubjectMask:
        """Say where ``what`` (a class word) is in an RGB image."""


@runtime_checkable
class GroupSegmenter(Segmenter, Protocol):
    """Find the subject of several photos of it better together than alone."""

    def segment_all(self, images: Sequence[Image.Image], what: str) -> tuple[SubjectMask, ...]:
        """Say where ``what`` is in each image."""


def outline_all(
    segmenter: Segmenter, photos: Sequence[Image.Image], what: str
) -> tuple[SubjectMask, ...]:
    """Find the one subject of photos, together where the segmenter can."""
    if isinstance(segmenter, GroupSegmenter):
        return segmenter.segment_all(photos, what)
    return tuple(segmenter.segment(photo, what) for photo in photos)


@dataclass(frozen=True)
class MaskOptions:
    """Bound the share of a photo that a believable subject covers."""

    # what is smaller stood out, an eye perhaps, and is a part of the subject more often than it
    min_share: float = 0.06
    max_share: float = 0.8
    iterations: int = 4

    def __post_init__(self) -> None:
        fits = 0 < self.min_share < self.max_share < 1
        require(fits, "min_share", self.min_share, "more than 0 and less than max_share (< 1)")
        require(self.iterations > 0, "iterations", self.iterations, "a number above 0")


class GrabCutSegmenter:
    """Outline what differs from the border of the photo, beginning from its middle."""

    name = "grabcut"

    def __init__(self, options: MaskOptions | None = None) -> None:
        self.options = options or MaskOptions()

    def segment(self, image: Image.Image, what: str) -> SubjectMask:
        """Say where the subject is; a central ellipse if no outline is believable."""
        size = working_size(image.size)
        small = np.asarray(image.convert("RGB").resize(size), np.uint8)
        found = outlined(small, _from_the_middle(*size), self.options)
        if found is None:
            return SubjectMask(central_ellipse(image.size), "ellipse", outlined=False)
        return SubjectMask(enlarged(found, image.size), "grabcut")


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height that outlines of a photo are found in."""
    scale = min(1.0, _SIDE / max(size))
    width, height = (max(round(side * scale), 8) for side in size)
    return width, height


def central_ellipse(size: tuple[int, int]) -> Mask:
    """Mark the ellipse that fills 70 % of each side, for a photo of ``(width, height)``."""
    width, height = size
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    inside: Mask = (x / 0.7) ** 2 + (y / 0.7) ** 2 <= 1
    return inside


def _from_the_middle(width: int, height: int) -> NDArray[np.uint8]:
    """Let GrabCut take the middle for the subject and the border for what is not."""
    labels = np.full((height, width), cv2.GC_PR_FGD, np.uint8)
    labels[~central_ellipse((width, height))] = cv2.GC_PR_BGD
    edge = max(min(width, height) // 24, 1)
    labels[:edge] = labels[-edge:] = cv2.GC_BGD
    labels[:, :edge] = labels[:, -edge:] = cv2.GC_BGD
    return labels


def outlined(
    pixels: NDArray[np.uint8], labels: NDArray[np.uint8], options: MaskOptions
) -> Mask | None:
    """Outline a subject in pixels ``[H, W, 3]`` from GrabCut's labels ``[H, W]``.

    None if what is found is too small or too large to be believed.
    """
    found = _tidy(_grab_cut(pixels, labels, options.iterations))
    return found if options.min_share <= float(found.mean()) <= options.max_share else None


def _grab_cut(pixels: NDArray[np.uint8], labels: NDArray[np.uint8], iterations: int) -> Mask:
    """Separate what is like the subject from what is like the rest."""
    models = np.zeros((1, 65)), np.zeros((1, 65))
    # OpenCV clusters colours with a generator of its own; without a seed masks would vary.
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(
            np.ascontiguousarray(pixels[..., ::-1]),
            labels,
            (0, 0, 1, 1),
            *models,
            iterations,
            cv2.GC_INIT_WITH_MASK,
        )
    except cv2.error:
        # a photo of one colour has nothing to cluster
        return np.zeros(labels.shape, np.bool_)
    inside: Mask = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return inside


def _tidy(found: Mask) -> Mask:
    """Keep the part that weighs most near the middle, without holes."""
    kernel = np.ones((3, 3), np.uint8)
    opened = np.asarray(cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, kernel))
    count, parts = cv2.connectedComponents(opened)
    if count < 2:
        return np.zeros_like(found)
    height, width = found.shape
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    weight = np.exp(-(x**2 + y**2) / 0.5)
    best = 1 + int(np.argmax([weight[parts == n].sum() for n in range(1, count)]))
    return _filled(np.asarray(parts == best))


def _filled(part: Mask) -> Mask:
    """Close the holes: what the border's background cannot reach."""
    padded = np.pad(part.astype(np.uint8), 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    inside: Mask = padded[1:-1, 1:-1] != 2
    return inside


def enlarged(found: Mask, size: tuple[int, int]) -> Mask:
    """Scale a mask to a photo of ``(width, height)``."""
    shades = cv2.resize(found.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    inside: Mask = np.asarray(shades) > 0.5
    return inside


class TextSegmenter:
    """Ask a text-prompted network (CLIPSeg) whose weights are on this machine.

    Raises:
        ResourceError: when first used, if they are not.
    """

    def __init__(
        self,
        weights: str = "CIDAS/clipseg-rd64-refined",
        options: MaskOptions | None = None,
        threshold: float = 0.4,
    ) -> None:
        self.weights, self.threshold, self.name = weights, threshold, f"text:{weights}"
        self.options = options or MaskOptions()
        self._network: tuple[Any, Any] | None = None

    def segment(self, image: Image.Image, what: str) -> SubjectMask:
        """Say where ``what`` is; GrabCut's answer if the network finds nothing believable."""
        import torch

        processor, network = self.open()
        inputs = processor(text=[what], images=[image.convert("RGB")], return_tensors="pt")
        with torch.no_grad():
            shades = network(**inputs).logits.squeeze().sigmoid().float().cpu().numpy()
        large = cv2.resize(shades, image.size, interpolation=cv2.INTER_LINEAR)
        found: Mask = np.asarray(large) > self.threshold
        if not self.options.min_share <= float(found.mean()) <= self.options.max_share:
            return GrabCutSegmenter(self.options).segment(image, what)
        return SubjectMask(found, "text")

    def open(self) -> tuple[Any, Any]:
        """Open the network and what reads for it; once.

        Raises:
            ResourceError: if they are not on this machine.
        """
        if self._network is None:
            import transformers

            try:
                self._network = (
                    transformers.AutoProcessor.from_pretrained(self.weights, local_files_only=True),
                    transformers.CLIPSegForImageSegmentation.from_pretrained(
                        self.weights, local_files_only=True
                    ).eval(),
                )
            except (OSError, ValueError) as error:
                raise ResourceError(
                    f"The segmenter {self.weights} is not on this machine.",
                    hint="Name a folder that has it (text:FOLDER), or use salient, which needs "
                    "no others: `omni config set segmenter salient`.",
                ) from error
        return self._network


def find_segmenter(choice: str) -> Segmenter:
    """Return the segmenter of a name: ``salient``, ``grabcut``, ``text``, ``text:`` and weights.

    Raises:
        InputError: if there is none.
        ResourceError: if its weights are not on this machine.
    """
    way, _, weights = choice.partition(":")
    if choice == "grabcut":
        return GrabCutSegmenter()
    if choice == "salient":
        # it opens an image encoder, and stands on this module
        from learning.salient import SalientSegmenter

        return SalientSegmenter()
    if way != "text":
        raise InputError(
            f"There is no segmenter {choice!r}.", hint="Use salient, grabcut, text or text:FOLDER."
        )
    found = TextSegmenter(weights) if weights else TextSegmenter()
    found.open()
    return found
