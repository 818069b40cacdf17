"""Where things are: 2-D tables for image tokens, rotary angles for all tokens.

Letters: ``h w`` patches, ``S`` side of a position table, ``E`` width, ``d`` head size.
"""

import torch
from torch import Tensor

__all__ = ["apply_rope", "flattened_ids", "interpolated_ids", "rope_tables", "sincos_table"]


def sincos_table(side: int, width: int) -> Tensor:
    """Build the fixed 2-D table ``[S * S, E]`` (BAGEL specification §5).

    The column fills the first half, the row the second; sines precede cosines in each.
    """
    half = width // 2
    omega = 10000.0 ** -(torch.arange(half // 2, dtype=torch.float64) / (half / 2))
    angles = torch.arange(side, dtype=torch.float64)[:, None] * omega
    axis = torch.cat([angles.sin(), angles.cos()], dim=1)
    columns = axis[None].expand(side, side, half)
    rows = axis[:, None].expand(side, side, half)
    return torch.cat([columns, rows], dim=2).reshape(side * side, width).float()


def flattened_ids(h: int, w: int, side: int) -> Tensor:
    """Number an ``h × w`` grid by a table's side: the released variant, row-major ``[h * w]``."""
    rows, columns = torch.arange(h)[:, None], torch.arange(w)[None]
    return (rows * side + columns).flatten()


def interpolated_ids(h: int, w: int, side: int) -> Tensor:
    """Stretch an ``h × w`` grid over the whole table (§5, the "interpolate" variant).

    The bucket edges are built in float32 as the reference builds them, since rounding decides
    on which side of an edge a value falls.
    """
    edges = torch.arange(1 / side, 1.0, 1 / side)
    rows = torch.bucketize(torch.arange(0, 1 - 1e-6, 1 / h), edges, right=True)
    columns = torch.bucketize(torch.arange(0, 1 - 1e-6, 1 / w), edges, right=True)
    return (rows[:, None] * side + columns[None]).flatten()


def rope_tables(positions: Tensor, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Compute cosines and sines ``[..., d]`` in float32 for positions ``[...]`` (§10)."""
    exponents = torch.arange(0, head_dim, 2, device=positions.device).float() / head_dim
    frequencies = 1.0 / theta**exponents
    angles = positions[..., None].float() * frequencies
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def apply_rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate ``x [B, heads, T, d]`` by tables ``[B, T, d]``, the half-split form (§10)."""
    a, b = x.chunk(2, dim=-1)
    rotated = torch.cat([-b, a], dim=-1)
    return x * cos[:, None].to(x.dtype) + rotated * sin[:, None].to(x.dtype)
