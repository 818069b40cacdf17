"""Eight- and four-bit weights for the trunk, through the optional bitsandbytes package (§23).

Only the linear layers inside the decoder's layers change: they hold 92 % of the release's
weights. Embeddings, the vocabulary head, the ways in and out, the vision encoder and the
autoencoder keep their precision.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from omni_errors import InputError, ResourceError

__all__ = ["KINDS", "Shrink", "quantize", "shrinker", "swap", "trunk_linears"]

KINDS = ("int8", "nf4")
# activations that stand out, as LLM.int8 counts them (arXiv 2208.07339)
_OUTLIER = 6.0
# makes the small twin of a linear layer, on the device where the layer lies
Shrink = Callable[[nn.Linear], nn.Module]
_LAYERS = "language_model.model.layers."


def trunk_linears(model: nn.Module) -> list[str]:
    """Name the linear layers that quantisation replaces."""
    return [
        name
        for name, module in model.named_modules()
        if name.startswith(_LAYERS) and isinstance(module, nn.Linear)
    ]


def quantize(model: nn.Module, shrink: Shrink) -> None:
    """Replace every linear layer of the trunk, one after the other."""
    for name in trunk_linears(model):
        swap(model, name, shrink)


def swap(model: nn.Module, name: str, shrink: Shrink) -> None:
    """Replace one linear layer by its small twin."""
    parent, _, child = name.rpartition(".")
    linear = model.get_submodule(name)
    if not isinstance(linear, nn.Linear):
        raise TypeError(f"{name} is no linear layer")
    setattr(model.get_submodule(parent), child, shrink(linear))


def shrinker(kind: str) -> Shrink:
    """Return what turns a linear layer into an int8 or NF4 one; both compute in bfloat16.

    Raises:
        InputError: if the kind is neither.
        ResourceError: if bitsandbytes is not installed.
    """
    if kind not in KINDS:
        raise InputError(f"quantize is {kind!r}; allowed are {' and '.join(KINDS)}.")
    try:
        import bitsandbytes
    except ImportError as error:
        raise ResourceError(
            f"Loading in {kind} needs the bitsandbytes package.",
            hint="Run `pip install 'omnipersona[quantize]'`.",
        ) from error
    make = _to_int8 if kind == "int8" else _to_nf4
    return lambda linear: make(bitsandbytes.nn, linear)


def _to_nf4(nn_: Any, linear: nn.Linear) -> nn.Module:
    options = {"compress_statistics": False, "quant_type": "nf4"}
    new = nn_.Linear4bit(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        compute_dtype=torch.bfloat16,
        device="meta",
        **options,
    )
    new.weight = nn_.Params4bit(linear.weight.data, requires_grad=False, **options)
    return _finished(new, linear)


def _to_int8(nn_: Any, linear: nn.Linear) -> nn.Module:
    new = nn_.Linear8bitLt(
        linear.in_features,
        linear.out_features,
        bias=linear.bias is not None,
        has_fp16_weights=False,
        # what stands out is multiplied as it is: else it sets the scale of all the rest
        threshold=_OUTLIER,
        device="meta",
    )
    # only what comes from the CPU is quantised on its way to a GPU
    weight = linear.weight.data.cpu()
    new.weight = nn_.Int8Params(weight, requires_grad=False, has_fp16_weights=False)
    return _finished(new, linear)


def _finished(new: Any, linear: nn.Linear) -> nn.Module:
    new.bias = linear.bias
    # Moving is what makes bitsandbytes quantise, even to the device where the weight lies.
    out: nn.Module = new.to(linear.weight.device).requires_grad_(False)
    return out
