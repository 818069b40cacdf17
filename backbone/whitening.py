"""A connector for features that were learned elsewhere: fixed components first, then a residual.

Features are centred, whitened to their main components and turned into the trunk's width at the
size of its embeddings, so that an untrained connector already tells things apart. Every token
says what its own cell shows and, in directions of its own, what of the whole image tells subjects
apart: the mean over an image does that far better than any cell. What is learned is added.

Letters: ``Dv`` width of the features, ``R`` components, ``K`` of them combined to tell subjects
apart, ``Du`` the trunk's width.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from omni_errors import InputError

__all__ = ["Whitening", "WhitenedConnector", "fit_whitening"]

# A component with less than this share of the largest variance is noise: never blow it up.
_FLOOR = 1e-4


class Whitening(NamedTuple):
    """Take features to numbers of mean 0 and variance 1: ``mean [Dv]``, ``components [R, Dv]``."""

    mean: Tensor
    components: Tensor


def fit_whitening(features: Tensor, rank: int) -> Whitening:
    """Find the main components of features ``[n, Dv]``.

    Raises:
        InputError: if there are too few features for so many components.
    """
    if min(features.shape) < rank:
        raise InputError(f"{tuple(features.shape)} features do not have {rank} components.")
    wide = features.double()
    mean = wide.mean(0)
    covariance = torch.cov((wide - mean).T)
    values, vectors = torch.linalg.eigh(covariance)
    values, vectors = values.flip(0)[:rank], vectors.flip(1)[:, :rank]
    deviations = values.clamp_min(_FLOOR * float(values[0])).sqrt()
    return Whitening(mean.float(), (vectors / deviations).T.contiguous().float())


def _unit(rows: int, columns: int) -> Tensor:
    """Return ones on the diagonal; `torch.eye` on the meta device loads the whole compiler."""
    return torch.zeros(rows, columns).fill_diagonal_(1)


class WhitenedConnector(nn.Module):
    """Map encoder tokens to the trunk's width: a fixed map of whitened features, and a residual."""

    mean: Tensor
    components: Tensor
    telling: Tensor
    basis: Tensor
    glance: Tensor

    def __init__(self, inputs: int, width: int, rank: int, glance: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("components", _unit(rank, inputs))
        self.register_buffer("basis", _unit(width, rank))
        self.register_buffer("telling", _unit(glance, rank))
        self.register_buffer("glance", torch.zeros(width, glance))
        self.fc1 = nn.Linear(rank, width)
        self.fc2 = nn.Linear(width, width)

    @torch.no_grad()
    def fit(self, whitening: Whitening, telling: Tensor, size: float, generator: Generator) -> None:
        """Fix the map: a random rotation whose outputs have root mean square ``size``.

        ``telling [K, R]`` combines components. The cell's and the image's directions are
        orthogonal if there is room. The residual starts at zero.
        """
        (width, rank), few = self.basis.shape, len(telling)
        cell, _ = torch.linalg.qr(torch.randn(width, rank, generator=generator))
        more = torch.randn(width, few, generator=generator)
        if rank + few <= width:
            more -= cell @ (cell.T @ more)
        image, _ = torch.linalg.qr(more)
        self.mean.copy_(whitening.mean)
        self.components.copy_(whitening.components)
        self.telling.copy_(telling)
        self.basis.copy_(cell * size * (width / rank) ** 0.5)
        self.glance.copy_(image * size * (width / few) ** 0.5)
        nn.init.zeros_(self.fc2.weight)
        nn.init.zeros_(self.fc2.bias)

    def whiten(self, x: Tensor) -> Tensor:
        """Return the components ``[..., R]`` of features ``[..., Dv]``.

        Taken in float32: small components are differences of large numbers.
        """
        with torch.autocast(x.device.type, enabled=False):
            return (x.float() - self.mean.float()) @ self.components.float().T

    def glimpse(self, white: Tensor) -> Tensor:
        """Combine components ``[..., T, R]`` of an image's tokens: ``[..., 1, K]``, rms 1."""
        told = F.linear(white.float().mean(dim=-2, keepdim=True), self.telling.float())
        return F.rms_norm(told, told.shape[-1:])

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., T, Dv]``: ``basis(white) + glance(telling(mean)) + fc2(gelu(fc1(white)))``.

        What is combined of the mean is brought to root mean square 1, as a token's parts are.
        """
        exact = self.whiten(x)
        with torch.autocast(x.device.type, enabled=False):
            mean = self.glimpse(exact).to(x.dtype)
        white = exact.to(x.dtype)
        learned = self.fc2(F.gelu(self.fc1(white), approximate="tanh"))
        fixed = F.linear(white, self.basis.to(white.dtype))
        out: Tensor = fixed + F.linear(mean, self.glance.to(white.dtype)) + learned
        return out
