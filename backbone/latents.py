"""Latents as tokens, and the embedding of time (BAGEL specification §9)."""

import math

import torch
from torch import Tensor, nn

__all__ = ["TimestepEmbedder", "latents_to_tokens", "sinusoid", "tokens_to_latents"]


def latents_to_tokens(latents: Tensor, patch: int) -> Tensor:
    """Cut ``[n, z, Hl, Wl]`` into tokens ``[n, h * w, p * p * z]``, channel last in a patch."""
    n, z, height, width = latents.shape
    h, w = height // patch, width // patch
    cropped = latents[:, :, : h * patch, : w * patch]
    blocks = cropped.reshape(n, z, h, patch, w, patch).permute(0, 2, 4, 3, 5, 1)
    return blocks.reshape(n, h * w, patch * patch * z)


def tokens_to_latents(tokens: Tensor, h: int, w: int, patch: int) -> Tensor:
    """Invert `latents_to_tokens` for a grid of ``h × w`` tokens."""
    n, _, size = tokens.shape
    z = size // patch**2
    blocks = tokens.view(n, h, w, patch, patch, z).permute(0, 5, 1, 3, 2, 4)
    return blocks.reshape(n, z, h * patch, w * patch)


def sinusoid(t: Tensor, width: int = 256) -> Tensor:
    """Embed times in [0, 1], not scaled by 1000, as ``[..., width]``: cosines first (§9)."""
    half = width // 2
    steps = torch.arange(half, dtype=torch.float32, device=t.device)
    angles = t.float()[..., None] * torch.exp(-math.log(10000.0) * steps / half)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class TimestepEmbedder(nn.Module):
    """Embed a time as wide as a generation token."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: Tensor) -> Tensor:
        """Return ``[..., width]`` in the dtype of the weights."""
        dtype = next(self.mlp.parameters()).dtype
        out: Tensor = self.mlp(sinusoid(t).to(dtype))
        return out
