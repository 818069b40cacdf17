"""What the frozen vision encoder said of pictures that are shown again and again."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from backbone.efficientnet import EfficientNetEncoder
from backbone.mini.pixels import Bytes

__all__ = ["SeenPictures", "likeness", "natural_mean"]

# where the likeness of composed pictures of one subject parts from that of others, and how fast
_PARTING, _STEEPNESS = 0.1, 15.0


class SeenPictures:
    """Keep features ``[T, Dv]`` of pictures that are kept themselves."""

    def __init__(self, encode: Callable[[Sequence[Bytes]], Tensor], limit: int = 60000) -> None:
        self.encode, self.limit = encode, limit
        # a picture is held beside its features, so that its id stays its own
        self.kept: dict[int, tuple[Bytes, Tensor]] = {}

    def features(self, pictures: Sequence[Bytes]) -> Tensor:
        """Return features ``[n, T, Dv]`` of pictures that end up one size."""
        new = {id(p): p for p in pictures if id(p) not in self.kept}
        if new:
            said = self.encode(list(new.values())).to(torch.bfloat16)
            for (key, picture), features in zip(new.items(), said, strict=True):
                self.kept[key] = (picture, features)
        stacked = torch.stack([self.kept[id(picture)][1] for picture in pictures])
        while len(self.kept) > self.limit:
            self.kept.pop(next(iter(self.kept)))
        return stacked


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
