"""The fixed part of omni-mini's connector: found once, kept beside a run, never trained.

Composed pictures are not photographs: all their features are off by the same vector. The map is
centred where photographs lie, and ``shift`` takes composed pictures there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor

from backbone.whitening import WhitenedConnector, Whitening

__all__ = ["FixedMap", "make_map", "open_map"]

_SEED = 6
# root mean square of a token: SmolLM2's embeddings have 0.136, and are lost in its second layer
_SIZE = 0.5


class FixedMap(NamedTuple):
    """Hold the connector's fixed tensors by its names, and ``shift [Dv]``."""

    mean: Tensor
    components: Tensor
    telling: Tensor
    basis: Tensor
    glance: Tensor
    shift: Tensor

    @torch.no_grad()
    def put_into(self, connector: WhitenedConnector) -> None:
        """Fix a connector's map; its residual starts at zero."""
        whitening = Whitening(self.mean, self.components)
        connector.fit(whitening, self.telling, _SIZE, Generator().manual_seed(_SEED))
        connector.basis.copy_(self.basis)
        connector.glance.copy_(self.glance)


def make_map(composed: Whitening, telling: Tensor, natural: Tensor, width: int) -> FixedMap:
    """Centre components of composed pictures on photographs' mean, and turn them to a width.

    ``telling [K, R]`` combines the components to what tells subjects apart.
    """
    connector = WhitenedConnector(len(composed.mean), width, len(composed.components), len(telling))
    whitening = composed._replace(mean=natural)
    connector.fit(whitening, telling, _SIZE, Generator().manual_seed(_SEED))
    return FixedMap(
        natural,
        composed.components,
        telling,
        connector.basis,
        connector.glance,
        natural - composed.mean,
    )


def open_map(path: Path, make: Callable[[], FixedMap]) -> FixedMap:
    """Read a map from a file, or make and write it."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({k: t.contiguous() for k, t in make()._asdict().items()}, path)
    return FixedMap(**load_file(path))
