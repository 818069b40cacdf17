"""What an edit left as it was stays as it was, pixel for pixel.

A picture that went through an autoencoder is not quite itself again. Where an edit hardly
differs from what the autoencoder makes of the photo itself, nothing was meant to change, and the
photo's own pixels stand.

Letters: ``H W`` pixels, all of them in [-1, 1].
"""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["blend", "unchanged"]

# pixels on either side: over which a difference is averaged, as single pixels say little; that
# may have changed beside one that did; over which the photo gives way to the edit
_AVERAGED, _GROWN, _BLURRED = 2, 2, 2


def unchanged(photo: Tensor, edited: Tensor, limit: float) -> Tensor:
    """Return for each pixel of pictures ``[3, H, W]`` how surely it is as it was: ``[H, W]``, 0…1.

    Both went through the autoencoder. The root mean square of the channels' differences is
    certain up to half of ``limit`` and none from one and a half on.
    """
    distance = (edited.float() - photo.float()).square().mean(0).sqrt()[None, None]
    side = 2 * _GROWN + 1
    grown = F.max_pool2d(_averaged(distance, _AVERAGED), side, stride=1, padding=_GROWN)
    return _averaged((1.5 - grown / limit).clamp(0, 1), _BLURRED)[0, 0]


def _averaged(values: Tensor, aside: int) -> Tensor:
    """Average ``[1, 1, H, W]`` over so many pixels on either side."""
    padded = F.pad(values, (aside,) * 4, mode="replicate")
    return F.avg_pool2d(padded, 2 * aside + 1, stride=1)


def blend(photo: Tensor, made: Tensor, sure: Tensor) -> Tensor:
    """Mix pixels ``[3, H, W]`` of a photo and of its edit, by ``sure [H, W]`` for the photo."""
    return sure * photo + (1 - sure) * made
