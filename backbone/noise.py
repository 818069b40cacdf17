"""The noise a picture begins as, without what is the same over several latent tokens.

The coarse part of the noise decides early where a small model puts a subject, and some draws of
it lie between two places: the subject dissolves. Without it the usual place is taken, and what is
fine still differs from seed to seed.

Letters: ``h w`` latent tokens, ``P`` numbers of each.
"""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["without_coarse"]


def without_coarse(noise: Tensor, grid: tuple[int, int], side: int) -> Tensor:
    """Take the mean of each block of ``side`` × ``side`` tokens off noise ``[h w, P]``.

    Blocks at the right and the lower border are smaller where the ``grid (h, w)`` is no multiple.
    """
    height, width = grid
    places = noise.T.reshape(1, -1, height, width)
    means = F.avg_pool2d(places, side, ceil_mode=True, count_include_pad=False)
    spread = means.repeat_interleave(side, 2).repeat_interleave(side, 3)[..., :height, :width]
    fine: Tensor = (places - spread).flatten(2)[0].T
    return fine.contiguous()
