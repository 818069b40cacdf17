"""Measure what eight and four bits cost: memory, and how far the model moves from bfloat16.

Needs the optional bitsandbytes package. Try it: ``python -m bench.quantize medium``.
"""

import sys
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.context import Context
from backbone.loading import LoadOptions, load_model
from backbone.model import UnifiedModel
from backbone.packing import TextItem
from backbone.quantize import KINDS

__all__ = ["Measurement", "measure"]

_TOKENS = 48


@dataclass(frozen=True)
class Measurement:
    """Hold the numbers of one precision, the deviations relative to bfloat16's own spread."""

    kind: str
    # bytes of all weights as they lie in memory
    size: int
    # of the logits: greatest and root mean square, over the deviation of the logits
    worst: float
    typical: float
    # share of positions whose likeliest token stays the same
    agree: float
    seconds: float


def measure(name: str, kind: str, exact: Tensor) -> Measurement:
    """Load a model in a kind and compare the logits of fixed bytes with bfloat16's."""
    model = load_model(name, options=LoadOptions(quantize=kind))
    start = time.perf_counter()
    logits = _logits(model)
    seconds = time.perf_counter() - start
    moved, spread = (logits - exact).abs(), exact.std()
    return Measurement(
        kind=kind,
        size=_size(model),
        worst=float(moved.max() / spread),
        typical=float(moved.square().mean().sqrt() / spread),
        agree=float((logits.argmax(-1) == exact.argmax(-1)).float().mean()),
        seconds=seconds,
    )


@torch.inference_mode()
def _logits(model: UnifiedModel) -> Tensor:
    table = ConceptTable(model.config.trunk.vocab_size, ())
    ids = torch.arange(_TOKENS) * 37 % min(256, model.config.trunk.vocab_size)
    context = Context(model)
    hidden = context.add(TextItem(tuple(ids.tolist())))
    if hidden is None:
        raise RuntimeError("the model read nothing")
    return model.logits(hidden, table).float()[0]


def _size(model: UnifiedModel) -> int:
    tensors = [*model.parameters(), *model.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def main(name: str) -> None:
    """Print the measurements of one model."""
    exact_model = load_model(name, options=LoadOptions(dtype="bfloat16", quantize="none"))
    print(f"{name}: {_size(exact_model):,} bytes in bfloat16")
    exact = _logits(exact_model)
    for kind in KINDS:
        print(measure(name, kind, exact))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "medium")
