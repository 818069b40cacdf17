"""Where things are: 2-D tables for image tokens, rotary angles for all tokens.

Letters: ``h w`` patches, ``S`` side of a position table, ``E`` width, ``d`` head size.
"""

import torch
from torch import Tensor

__all__ = [
    "NOMINAL_SIDE",
    "PARTS",
    "apply_rope",
    "flattened_ids",
    "grid_places",
    "grid_tables",
    "interpolated_ids",
    "rope_tables",
    "sincos_table",
]

# tokens per side of the nominal grid, and parts of a token a place is counted in
NOMINAL_SIDE, PARTS = 8, 64


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


def grid_places(h: int, w: int) -> tuple[list[int], list[int]]:
    """Spread ``h × w`` tokens over the nominal grid; return rows and columns in 64ths.

    So a picture's middle has one place at every size, and the 4 × 4 rows of a concept lie
    between the 8 × 8 tokens of a picture.
    """
    unit = NOMINAL_SIDE * PARTS
    down = [round((i + 0.5) * unit / h - PARTS / 2) for i in range(h)]
    across = [round((j + 0.5) * unit / w - PARTS / 2) for j in range(w)]
    return [y for y in down for _ in across], [x for _ in down for x in across]


def grid_tables(
    rows: Tensor, columns: Tensor, head_dim: int, theta: float
) -> tuple[Tensor, Tensor]:
    """Compute cosines and sines ``[..., d]`` of 2-D places given in 64ths of a token.

    One half of the angles turns with the row, the other with the column.
    """
    exponents = torch.arange(0, head_dim // 2, 2, device=rows.device).float() / (head_dim // 2)
    frequencies = 1.0 / theta**exponents
    halves = [(p[..., None].float() / PARTS) * frequencies for p in (rows, columns)]
    angles = torch.cat([*halves, *halves], dim=-1)
    return angles.cos(), angles.sin()


def apply_rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate ``x [B, heads, T, d]`` by tables ``[B, T, d]``, the half-split form (§10)."""
    a, b = x.chunk(2, dim=-1)
    rotated = torch.cat([-b, a], dim=-1)
    return x * cos[:, None].to(x.dtype) + rotated * sin[:, None].to(x.dtype)
