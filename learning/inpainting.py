"""Fill a hole in a photo: something pluggable, with one way that needs nothing.

Every way keeps the pixels outside the hole exactly as they are; `find_inpainter` chooses by name.

Letters: ``H W`` pixels.
"""

import importlib.util
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from learning.masks import Mask
from omni_errors import InputError, ResourceError

__all__ = ["DiffusersInpainter", "Inpainter", "TeleaInpainter", "find_inpainter", "grown"]

Bytes = NDArray[np.uint8]
_OR_OPENCV = "or use opencv, which needs neither: `omni config set inpainter opencv`."


class Inpainter(Protocol):
    """Make up what lies behind something."""

    def fill(self, image: Image.Image, hole: Mask, rng: Generator) -> Image.Image:
        """Return the RGB image with ``hole [H, W]`` filled and nothing else changed."""


def grown(mask: Mask, share: float = 0.03) -> Mask:
    """Widen a mask by a share of the photo's shorter side, so that no rim or shadow stays."""
    reach = max(round(share * min(mask.shape)), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide: Mask = np.asarray(cv2.dilate(mask.astype(np.uint8), kernel)) > 0
    return wide


class TeleaInpainter:
    """Continue the surroundings into the hole, smooth the streaks and give it their grain."""

    name = "opencv"

    def __init__(self, radius: int = 5) -> None:
        self.radius = radius

    def fill(self, image: Image.Image, hole: Mask, rng: Generator) -> Image.Image:
        """Return the RGB image with ``hole [H, W]`` filled and nothing else changed."""
        pixels = np.asarray(image.convert("RGB"), np.uint8)
        spots = hole.astype(np.uint8)
        filled = np.asarray(
            cv2.inpaint(np.ascontiguousarray(pixels), spots, self.radius, cv2.INPAINT_TELEA),
            np.uint8,
        )
        smooth = _smoothed(filled, hole)
        grain = rng.normal(0, 1, pixels.shape) * _grain(pixels, hole)
        made = np.clip(smooth + grain, 0, 255).astype(np.uint8)
        return Image.fromarray(np.where(hole[..., None], made, pixels))


def _smoothed(filled: Bytes, hole: Mask) -> NDArray[np.float32]:
    """Blur the more the deeper a pixel lies in the hole, where Telea leaves streaks."""
    depth = np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3))
    # a hole as large as the photo has no border to be far from
    depth = np.minimum(depth, max(hole.shape))
    sigma = max(float(depth.max()) / 3, 1.0)
    blurred = np.asarray(cv2.GaussianBlur(filled.astype(np.float32), (0, 0), sigma))
    share = np.clip(depth / max(float(depth.max()), 1.0) * 2, 0, 1)[..., None]
    return np.asarray(filled * (1 - share) + blurred * share, np.float32)


def _grain(pixels: Bytes, hole: Mask) -> float:
    """Measure the noise of the surroundings: the spread left when their shapes are taken out."""
    fine = pixels.astype(np.float32) - cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), 1.0)
    around = fine[grown(hole, 0.05) & ~hole]
    # the median, because edges are no grain
    return float(np.median(np.abs(around)) * 1.48) if len(around) else 0.0


class DiffusersInpainter:
    """Let a diffusion pipeline fill the hole, if diffusers and the weights are there.

    Raises:
        ResourceError: when first used, if they are not.
    """

    def __init__(
        self,
        weights: str = "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        prompt: str = "empty background, nothing there",
        steps: int = 20,
        guidance: float = 7.5,
    ) -> None:
        self.weights, self.prompt, self.name = weights, prompt, f"diffusers:{weights}"
        self.steps, self.guidance = steps, guidance
        self._pipeline: Any = None

    def fill(self, image: Image.Image, hole: Mask, rng: Generator) -> Image.Image:
        """Return the RGB image with ``hole [H, W]`` filled and nothing else changed."""
        import torch

        pipeline = self.open()
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        source = image.convert("RGB")
        made = pipeline(
            prompt=self.prompt,
            image=source,
            mask_image=Image.fromarray((hole * np.uint8(255)).astype(np.uint8)),
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            generator=generator,
        ).images[0]
        pixels = np.asarray(made.convert("RGB").resize(source.size))
        return Image.fromarray(np.where(hole[..., None], pixels, np.asarray(source)))

    def open(self) -> Any:
        """Open the pipeline; once.

        Raises:
            ResourceError: if the package or the weights are not on this machine.
        """
        if self._pipeline is None:
            if importlib.util.find_spec("diffusers") is None:
                raise ResourceError(
                    "The package diffusers is not installed.",
                    hint=f"Install it (pip install diffusers), {_OR_OPENCV}",
                )
            diffusers = importlib.import_module("diffusers")
            try:
                self._pipeline = diffusers.AutoPipelineForInpainting.from_pretrained(
                    self.weights, local_files_only=True
                )
            except (OSError, ValueError) as error:
                raise ResourceError(
                    f"The inpainting weights {self.weights} are not on this machine.",
                    hint=f"Name a folder that has them (diffusers:FOLDER), {_OR_OPENCV}",
                ) from error
        return self._pipeline


def find_inpainter(choice: str) -> Inpainter:
    """Return the inpainter of a name: ``opencv``, ``diffusers``, or that, ``:`` and its weights.

    Raises:
        InputError: if there is none.
        ResourceError: if its package or weights are not on this machine.
    """
    way, _, weights = choice.partition(":")
    if choice == "opencv":
        return TeleaInpainter()
    if way != "diffusers":
        raise InputError(
            f"There is no inpainter {choice!r}.", hint="Use opencv, diffusers or diffusers:FOLDER."
        )
    found = DiffusersInpainter(weights) if weights else DiffusersInpainter()
    found.open()
    return found
