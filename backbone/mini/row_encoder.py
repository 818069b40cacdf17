"""From a picture of a subject to the generation rows that stand for it.

A masked crop of 64 pixels becomes a grid of 8 × 8 latents, and that becomes 4 × 4 rows, each
about the part of the subject where it lies. So a concept can be drawn the second it is added,
and training starts from there.

A row begins as a source picture's token would: the same linear map of 2 × 2 latents. What a
drawing copies from a source it can then copy from rows; rows written by convolutions alone were
never looked at (docs/log.md, 2026-11-23).
"""

import torch
from torch import Tensor, nn

from backbone.latents import latents_to_tokens

__all__ = ["CROP", "RowEncoder"]

# pixels per side of a masked crop, latents per side of a row
CROP, PATCH = 64, 2


class RowEncoder(nn.Module):
    """Write generation rows ``[n, 16, Dg]`` from latents and masks of crops."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Linear(channels * PATCH**2, width)
        self.look = nn.Conv2d(channels + 1, width, 3, padding=1)
        self.gather = nn.Conv2d(width, width, PATCH, stride=PATCH)
        nn.init.zeros_(self.gather.weight)
        if self.gather.bias is not None:
            nn.init.zeros_(self.gather.bias)

    @torch.no_grad()
    def start_from(self, vae2llm: nn.Linear) -> None:
        """Begin with the map the model reads latents by."""
        self.embed.weight.copy_(vae2llm.weight)
        self.embed.bias.copy_(vae2llm.bias)

    def forward(self, latents: Tensor, masks: Tensor) -> Tensor:
        """Encode ``latents [n, z, 8, 8]`` and ``masks [n, 1, 8, 8]``, the share of the subject."""
        seen = nn.functional.silu(self.look(torch.cat([latents, masks - 0.5], dim=1)))
        correction = self.gather(seen).flatten(2).transpose(1, 2)
        rows: Tensor = self.embed(latents_to_tokens(latents, PATCH)) + correction
        return rows
