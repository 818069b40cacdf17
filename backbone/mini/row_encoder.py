"""From a picture of a subject to the generation rows that stand for it.

The frame around a subject, 128 pixels square, becomes a grid of 16 × 16 latents, and that becomes
4 × 4 rows, each about the part of the frame where it lies. So a concept can be drawn the second
it is added, and training starts from there.

A row is a linear map of its 4 × 4 latents, each weighed by the share of it that is the subject:
what is not the subject is zero. What else there is evens the rows' lengths out, so that a norm
scales all of them alike. How the map begins is said in `backbone.mini.copying`.
"""

import torch
from torch import Tensor, nn

from backbone.latents import latents_to_tokens

__all__ = ["CROP", "LENGTH", "PATCH", "RowEncoder"]

# pixels per side of a frame, latents per side of a row
CROP, PATCH = 128, 4
# of a row, where the map leaves room for it
LENGTH = 40.0


class RowEncoder(nn.Module):
    """Write generation rows ``[n, 16, Dg]`` from latents and masks of frames."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(channels))
        self.read = nn.Linear((channels + 1) * PATCH**2, width, bias=False)
        self.steady = nn.Parameter(torch.zeros(width))

    def forward(self, latents: Tensor, masks: Tensor) -> Tensor:
        """Encode ``latents [n, z, 16, 16]`` and ``masks [n, 1, 16, 16]``, the subject's share."""
        kept = (latents - self.mean[:, None, None]) * masks
        rows: Tensor = self.read(latents_to_tokens(torch.cat([kept, masks], dim=1), PATCH))
        rest = (LENGTH**2 - rows.square().sum(-1, keepdim=True)).clamp_min(1.0).sqrt()
        return rows + rest * self.steady
