"""Low-rank updates of frozen linear layers: wrapped while they are trained, then merged.

Only the understanding expert's attention is wrapped. A merged model has the
modules and names it had before.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from backbone.model import UnifiedModel

__all__ = ["LoraLinear", "LoraOptions", "add_found", "add_lora", "merge", "without_lora"]

# what is multiplied to every update: alpha, twice the rank, over the rank
_SCALE = 2.0


@dataclass(frozen=True)
class LoraOptions:
    """Choose how much of a layer may change, and which layers."""

    rank: int = 32
    # (layer, rank) of queries and keys that need more
    wide: tuple[tuple[int, int], ...] = ((0, 96),)
    # (layer, rank) of all projections that need more
    wider: tuple[tuple[int, int], ...] = ((1, 80), (20, 96), (29, 80))
    # projections of the understanding expert
    projections: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    # None: every layer
    layers: tuple[int, ...] | None = None

    def rank_of(self, layer: int, projection: str) -> int:
        """Return the rank of one update."""
        wide = dict(self.wide) if projection in ("q_proj", "k_proj") else {}
        return (dict(self.wider) | wide).get(layer, self.rank)


class LoraLinear(nn.Module):
    """Add ``scale * up(down(x))`` to a frozen layer; ``up`` starts at zero."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, generator: Generator) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale, self.enabled = scale, True
        device = base.weight.device
        drawn = torch.randn(rank, base.in_features, generator=generator)
        self.down = nn.Parameter((drawn * base.in_features**-0.5).to(device))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank, device=device))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[..., in]`` to ``[..., out]``."""
        out: Tensor = self.base(x)
        if not self.enabled:
            return out
        low = F.linear(x, self.down.to(x.dtype))
        return out + self.scale * F.linear(low, self.up.to(low.dtype))

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """Return the layer with the update in its weights, rounded once to their dtype."""
        update = self.scale * (self.up.float() @ self.down.float())
        self.base.weight.copy_(self.base.weight.float() + update)
        return self.base


def add_lora(
    model: UnifiedModel, generator: Generator, options: LoraOptions | None = None
) -> dict[str, nn.Parameter]:
    """Wrap the chosen layers and return what is to be trained, by name."""
    options = options or LoraOptions()
    trained: dict[str, nn.Parameter] = {}
    for index, layer in enumerate(model.language_model.model.layers):
        if options.layers is not None and index not in options.layers:
            continue
        attention = layer.get_submodule("self_attn")
        for name in options.projections:
            base, rank = getattr(attention, name), options.rank_of(index, name)
            wrapped = LoraLinear(base, rank, _SCALE, generator)
            setattr(attention, name, wrapped)
            trained |= {f"{index}.{name}.{key}": getattr(wrapped, key) for key in ("down", "up")}
    return trained


@torch.no_grad()
def add_found(model: UnifiedModel, found: Mapping[str, Tensor]) -> None:
    """Add updates by name, of whatever rank, to the weights they belong to."""
    for name in sorted(n.removesuffix(".up") for n in found if n.endswith(".up")):
        index, projection = name.split(".")
        layer = model.language_model.model.layers[int(index)]
        base = layer.get_submodule(f"self_attn.{projection}")
        if not isinstance(base, nn.Linear):
            raise TypeError(f"{name} is wrapped already")
        update = _SCALE * (found[f"{name}.up"].float() @ found[f"{name}.down"].float())
        base.weight.copy_(base.weight.float() + update)


def merge(model: UnifiedModel) -> None:
    """Put every update into the weights it belongs to, and unwrap."""
    for layer in model.language_model.model.layers:
        attention = layer.get_submodule("self_attn")
        for name, module in list(attention.named_children()):
            if isinstance(module, LoraLinear):
                setattr(attention, name, module.merged())


@contextmanager
def without_lora(model: UnifiedModel) -> Iterator[None]:
    """Run the model as it was before its updates."""
    wrapped = [module for module in model.modules() if isinstance(module, LoraLinear)]
    for module in wrapped:
        module.enabled = False
    try:
        yield
    finally:
        for module in wrapped:
            module.enabled = True
