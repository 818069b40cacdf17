"""What an edit left as it was stays as it was, pixel for pixel.

A picture that went through an autoencoder is not quite itself again. Where an edit's latents
hardly differ from the photo's, nothing was meant to change, and the photo's own pixels stand.

Letters: ``z`` channels of a latent, ``h w`` its places, ``H W`` pixels.
"""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["blend", "unchanged"]


def unchanged(before: Tensor, after: Tensor, limit: float) -> Tensor:
    """Return for each place of latents ``[z, h, w]`` how surely it is as it was: ``[h, w]``, 0…1.

    The root mean square of the channels' differences is certain up to half of ``limit`` and
    none from one and a half on. A place beside one that changed may have changed as well.
    """
    distance = (after.float() - before.float()).square().mean(0).sqrt()
    grown = F.max_pool2d(distance[None, None], 3, stride=1, padding=1)[0, 0]
    return (1.5 - grown / limit).clamp(0, 1)


def blend(photo: Tensor, made: Tensor, sure: Tensor) -> Tensor:
    """Mix pixels ``[3, H, W]`` of a photo and of its edit, by ``sure [h, w]`` for the photo."""
    wide = F.interpolate(sure[None, None], photo.shape[1:], mode="bilinear", align_corners=False)
    mixed: Tensor = wide[0] * photo + (1 - wide[0]) * made
    return mixed
