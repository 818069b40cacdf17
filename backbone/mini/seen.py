"""What the frozen vision encoder's features say of pictures, before anything is learned."""

import torch
from torch import Tensor
from torch.nn import functional as F

from backbone.efficientnet import EfficientNetEncoder
from backbone.whitening import WhitenedConnector

__all__ = ["likeness", "natural_mean"]

# where the likeness of composed pictures of one subject parts from that of others, and how fast
_PARTING, _STEEPNESS = 0.2, 12.0


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


@torch.no_grad()
def likeness(connector: WhitenedConnector, asked: Tensor, shown: Tensor) -> float:
    """Guess how likely a picture ``[T, Dv]`` shows what views ``[n, T, Dv]`` show, 0 to 1."""
    one, views = (connector.glimpse(connector.whiten(x)) for x in (asked, shown))
    cosine = F.cosine_similarity(one.flatten(), views.mean(0).flatten(), dim=0)
    return float(torch.sigmoid(_STEEPNESS * (cosine - _PARTING)))
