"""Images to tensors and back, with the release's exact resizing (BAGEL specification §6).

Pictures enter and leave as PIL images; nothing here knows a model.
"""

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from backbone.config import ImageTransform
from omni_errors import InputError

__all__ = ["flatten", "resize", "resized_size", "to_image", "to_pixels"]

_MAX_PIXELS = 89_478_485
# modes with more than 8 bits of grey
_WIDE = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def flatten(image: Image.Image) -> Image.Image:
    """Turn to upright RGB, transparency pasted on white.

    Raises:
        InputError: if the image has no pixels or more than 89 million.
    """
    if not 0 < image.width * image.height <= _MAX_PIXELS:
        raise InputError(
            f"The image has {image.width}×{image.height} pixels; up to {_MAX_PIXELS:,} are allowed."
        )
    image = ImageOps.exif_transpose(image)
    if image.mode in _WIDE:
        return _narrow(image)
    if image.mode == "RGBA" or image.mode == "LA" or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def _narrow(image: Image.Image) -> Image.Image:
    # Pillow clips 16-bit greys to white; scale them, 0 to 65535 or else to the largest value.
    shades = np.asarray(image, dtype=np.float32)
    top = max(float(shades.max()), 1.0)
    scale = 255.0 / (65535.0 if 255 < top <= 65535 else max(top, 255.0))
    return Image.fromarray((shades * scale).clip(0, 255).astype(np.uint8)).convert("RGB")


def resized_size(
    width: int, height: int, transform: ImageTransform, images: int = 1
) -> tuple[int, int]:
    """Compute the ``(width, height)`` an image is resized to (§6, steps a to c).

    ``images`` shares the pixel budget between that many.
    """
    low, high = transform.min_image_size, transform.max_image_size
    scale = max(min(high / max(width, height), 1.0), low / min(width, height))
    width, height = _apply(width, height, scale, transform.image_stride)
    budget = transform.max_pixels / images
    if width * height > budget:
        # The ratio itself, not its root: the release overshoots here, and so do we.
        width, height = _apply(width, height, budget / (width * height), transform.image_stride)
    if max(width, height) > high:
        width, height = _apply(width, height, high / max(width, height), transform.image_stride)
    return width, height


def _apply(width: int, height: int, scale: float, stride: int) -> tuple[int, int]:
    def snap(side: int) -> int:
        return max(stride, round(round(side * scale) / stride) * stride)

    return snap(width), snap(height)


def resize(image: Image.Image, transform: ImageTransform, images: int = 1) -> Image.Image:
    """Resize by the rule, bicubic with antialiasing."""
    size = resized_size(image.width, image.height, transform, images)
    return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


def to_pixels(image: Image.Image) -> Tensor:
    """Turn an RGB image into ``[3, H, W]`` in [-1, 1]."""
    array = np.array(image, dtype=np.uint8)
    return torch.from_numpy(array).permute(2, 0, 1).float() / 255 * 2 - 1


def to_image(pixels: Tensor) -> Image.Image:
    """Turn ``[3, H, W]`` in [-1, 1] into an image: clamped, truncated to 8 bits (§8)."""
    levels = (pixels.detach().float().cpu() * 0.5 + 0.5).clamp(0, 1) * 255
    return Image.fromarray(levels.to(torch.uint8).permute(1, 2, 0).numpy())
