"""What tells subjects apart: combinations of features that differ between subjects, not views.

Fisher's discriminant on views of the world's subjects. Components of most variance say most about
places and light; these say most about who it is, and real photos of one subject and of another
are then as far apart as composed ones (docs/log.md).
"""

import torch
from torch import Generator, Tensor

__all__ = ["telling_directions"]

_SEED = 11
# what is added to the variance among views, as a share of its mean: few subjects are known
_BLUR = 1.0


def telling_directions(views: Tensor, count: int) -> Tensor:
    """Find ``count`` directions ``[count, R]`` in pooled features ``[n, V, R]`` of n subjects.

    They are turned at random, so that each says equally much.
    """
    flat = views.double()
    within = (flat - flat.mean(1, keepdim=True)).flatten(0, 1)
    inner, total = _second_moment(within), _second_moment(flat.flatten(0, 1))
    inner += _BLUR * inner.diagonal().mean() * torch.eye(len(inner), dtype=inner.dtype)
    values, vectors = torch.linalg.eigh(inner)
    sphere = (vectors / values.sqrt()) @ vectors.T
    _, best = torch.linalg.eigh(sphere @ total @ sphere)
    chosen = (sphere @ best.flip(1)[:, :count]).float()
    drawn = torch.randn(count, count, generator=Generator().manual_seed(_SEED))
    turned, _ = torch.linalg.qr(drawn)
    directions: Tensor = (chosen @ turned).T.contiguous()
    return directions


def _second_moment(rows: Tensor) -> Tensor:
    moment: Tensor = rows.T @ rows / len(rows)
    return moment
