"""Where photos of one subject agree, and each differs from what surrounds it.

Letters: ``h w`` cells of a feature map, ``D`` channels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

__all__ = ["shared_saliency"]

_ROUNDS = 5
# how much the middle counts: variance of a bell over -1 … 1, and the least share of it
_SPREAD, _LEAST = 0.25, 0.3
# steepness of the choice between subject and surroundings, which are cosines
_STEEP = 8.0


def shared_saliency(maps: Sequence[Tensor]) -> list[Tensor]:
    """Return from 0 to 1 how likely each cell of maps ``[h, w, D]`` shows the subject ``[h, w]``.

    Two directions are found in turns: that of the subject, the same for all maps, and that of its
    surroundings, another for each. The first guess is the middle.
    """
    mean = torch.cat([each.flatten(0, 1) for each in maps]).mean(0)
    cells = [normalize(each - mean, dim=-1) for each in maps]
    middles = [_middle(*each.shape[:2]) for each in cells]
    found = middles
    for _ in range(_ROUNDS):
        subject = sum(_direction(each, share) for each, share in zip(cells, found, strict=True))
        assert isinstance(subject, Tensor)
        found = [
            _chosen(each, share, normalize(subject, dim=0), middle)
            for each, share, middle in zip(cells, found, middles, strict=True)
        ]
    return found


def _chosen(cells: Tensor, share: Tensor, subject: Tensor, middle: Tensor) -> Tensor:
    around = _direction(cells, 1 - share)
    nearer = cells @ subject - cells @ around
    return torch.sigmoid(_STEEP * nearer) * (_LEAST + (1 - _LEAST) * middle)


def _direction(cells: Tensor, share: Tensor) -> Tensor:
    """Average the cells ``[h, w, D]`` by their share ``[h, w]`` to a unit vector ``[D]``."""
    return normalize((cells * share[..., None]).sum((0, 1)), dim=0)


def _middle(height: int, width: int) -> Tensor:
    y, x = (torch.linspace(-1, 1, side) for side in (height, width))
    return torch.exp(-(y[:, None] ** 2 + x[None] ** 2) / (2 * _SPREAD))
