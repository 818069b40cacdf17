"""What the frozen vision encoder's features say of pictures, before anything is learned."""

import torch
from torch import Tensor
from torch.nn import functional as F

from backbone.efficientnet import EfficientNetEncoder

__all__ = ["likeness", "natural_mean"]

# where the likeness of composed pictures of one subject parts from that of others, and how fast
_PARTING, _STEEPNESS = 0.1, 15.0


@torch.no_grad()
def natural_mean(encoder: EfficientNetEncoder, draws: int = 20000) -> Tensor:
    """Return the mean ``[Dv]`` of features over the photographs the encoder learned from.

    Its last normalisation says how each channel was distributed before it was cut to 0…6.
    """
    last = encoder.net._bn1
    normal = torch.randn(draws, generator=torch.Generator().manual_seed(0))
    centre, spread = last.bias.float(), last.weight.float().abs()
    return torch.stack(
        [(c + s * normal).clamp(0, 6).mean() for c, s in zip(centre, spread, strict=True)]
    )


def likeness(asked: Tensor, shown: Tensor, centre: Tensor) -> float:
    """Guess how likely a picture ``[T, Dv]`` shows what views ``[n, T, Dv]`` show, 0 to 1."""
    one = asked.float().mean(0) - centre
    mean = shown.float().mean((0, 1)) - centre
    cosine = F.cosine_similarity(one, mean, dim=0)
    return float(torch.sigmoid(_STEEPNESS * (cosine - _PARTING)))
