"""From a picture of a subject to the generation rows that stand for it.

A masked crop of 64 pixels becomes a grid of 8 × 8 latents, and that becomes 4 × 4 rows, each
about the part of the subject where it lies. So a concept can be drawn the second it is added,
and training starts from there.
"""

import torch
from torch import Tensor, nn

__all__ = ["CROP", "RowEncoder"]

# pixels per side of a masked crop, rows per side
CROP, SIDE = 64, 4


class RowEncoder(nn.Module):
    """Write generation rows ``[n, 16, Dg]`` from latents and masks of crops."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(channels + 1, width, 3, padding=1)
        self.gather = nn.Conv2d(width, width, 2, stride=2)
        self.out = nn.Linear(width, width)

    def forward(self, latents: Tensor, masks: Tensor) -> Tensor:
        """Encode ``latents [n, z, 8, 8]`` and ``masks [n, 1, 8, 8]``, the share of the subject."""
        seen = nn.functional.silu(self.look(torch.cat([latents, masks - 0.5], dim=1)))
        rows: Tensor = self.out(nn.functional.silu(self.gather(seen)).flatten(2).transpose(1, 2))
        return rows
