"""Seams where latent tokens meet, taken out of a picture as video decoders take theirs out.

A small model says each token nearly on its own, and neighbours disagree a little about brightness
and colour. Small steps from one token to the next are spread over some pixels on either side;
large ones are edges of what is shown, and stay.

Letters: ``H W`` pixels, ``b`` borders between tokens.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["smooth_seams"]

# pixels on either side of a border that a step is spread over; pixels a step is averaged along
_REACH, _ALONG = 8, 5


def smooth_seams(pixels: Tensor, side: int, limit: float) -> Tensor:
    """Smooth borders between tokens of ``side`` pixels in a picture ``[3, H, W]``.

    A step fades out of this as it grows to ``limit``, in the picture's own unit.
    """
    down = _smooth_columns(pixels.transpose(1, 2), side, limit).transpose(1, 2)
    return _smooth_columns(down, side, limit)


def _smooth_columns(pixels: Tensor, side: int, limit: float) -> Tensor:
    """Smooth the borders between columns of tokens."""
    borders = torch.tensor(range(side, pixels.shape[2], side))
    if not len(borders):
        return pixels
    step = _steps(pixels, borders)
    largest = step.abs().amax(0, keepdim=True)
    step = step * (1 - largest / limit).clamp(0, 1)
    out = pixels.clone()
    for aside in range(min(_REACH, side // 2)):
        share = 0.5 * (1 - (aside + 0.5) / _REACH)
        out[:, :, borders + aside] -= share * step
        out[:, :, borders - 1 - aside] += share * step
    return out


def _steps(pixels: Tensor, borders: Tensor) -> Tensor:
    """Return how much more a picture changes at borders than beside them ``[3, H, b]``."""
    two, one, first, second = (pixels[:, :, borders + n] for n in (-2, -1, 0, 1))
    step = (first - one) - 0.5 * ((second - first) + (one - two))
    # what a border has along it, not what single pixels have
    edge = _ALONG // 2
    padded = F.pad(step.transpose(1, 2), (edge, edge), mode="replicate")
    along: Tensor = F.avg_pool1d(padded, _ALONG, stride=1).transpose(1, 2)
    return along
