"""A first guess at how to compare a picture with rows: heads of the first layer that look for it.

Left to chance, comparison starts late or never (docs/log.md). So a concept's rows begin with a
copy, in directions nothing else uses, of what the connector's glance says of its photos; queries
begin by reading the glance, keys by reading the copy. A picture like the rows looks at them, a
picture unlike them looks elsewhere. Rows also carry a mark; how much of it a picture's tokens
have taken in is written where later layers can read it. Training goes on from there.

Letters: ``Du`` the trunk's width, ``R`` components of the connector.
"""

import torch
from torch import Tensor

from backbone.mini.concept_encoder import ConceptEncoder
from backbone.mini.lora import LoraLinear
from backbone.model import UnifiedModel

__all__ = ["start_matching"]

_LAYER = 0
# rotary pairs that turn so slowly that a distance of a hundred tokens hardly matters
_FIRST_SLOW, _PER_HEAD = 16, 16
# the dimension of a head that carries the mark
_MARKED = 63
# how strongly queries and keys, the copy, the mark and what is written are started
_GAIN, _COPY, _MARK, _WRITTEN = 2.4, 0.75, 4.0, 8.0
# weights of the norm below this share of the median are not undone
_LEAST = 0.3


@torch.no_grad()
def start_matching(
    model: UnifiedModel, encoder: ConceptEncoder, basis: Tensor, glance: Tensor
) -> None:
    """Start heads and encoder from the directions ``[Du, R]`` of cells and of whole images.

    Nothing is done to a model with too few directions or heads to spare.
    """
    trunk = model.config.trunk
    heads, side = trunk.num_key_value_heads, trunk.head_dim
    wanted, spare = heads * _PER_HEAD, _spare(basis, glance)
    layer = model.language_model.model.layers[_LAYER]
    wrapped = {n: layer.get_submodule(f"self_attn.{n}_proj") for n in "qkvo"}
    if len(spare) < wanted + 2 or side <= _MARKED or len(glance.T) < wanted:
        return
    q, k, v, o = (w if isinstance(w, LoraLinear) else None for w in wrapped.values())
    if q is None or k is None or v is None or o is None or len(q.down) != wanted:
        return
    seen = (glance / torch.linalg.vector_norm(glance, dim=0, keepdim=True)).T[:wanted]
    copy, mark, written = spare[:wanted], spare[wanted], spare[wanted + 1]
    encoder.residual.weight.copy_(_COPY * copy.T @ seen)
    encoder.residual.bias.copy_(_MARK * mark)
    weight = layer.get_parameter("input_layernorm.weight").float()
    step = trunk.understanding.num_attention_heads // heads
    q.down.copy_(_undone(seen, weight))
    k.down.copy_(_undone(copy, weight))
    q.up.copy_(_ups(len(q.up), heads, side * step) / q.scale)
    k.up.copy_(_ups(len(k.up), heads, side) / k.scale)
    v.down[0] = _undone(mark[None], weight)[0]
    v.up[:, 0] = 0
    o.down[0] = 0
    for head in range(heads):
        v.up[head * side + _MARKED, 0] = 1 / v.scale
        o.down[0, head * step * side + _MARKED] = 1 / heads
    o.up[:, 0] = _WRITTEN / _MARK * written / o.scale


def _spare(basis: Tensor, glance: Tensor) -> Tensor:
    """Find directions ``[n, Du]`` that neither cells nor whole images use."""
    used = torch.cat([basis, glance], dim=1)
    left, sizes, _ = torch.linalg.svd(used, full_matrices=True)
    rank = int((sizes > 1e-4 * sizes.max()).sum())
    spare: Tensor = left[:, rank:].T
    return spare


def _undone(directions: Tensor, weight: Tensor) -> Tensor:
    """Read directions through a norm whose weights, of both signs, come after it."""
    least = _LEAST * float(weight.abs().median())
    return directions * weight / (weight.square() + least**2)


def _ups(out: int, heads: int, apart: int) -> Tensor:
    """Write sixteen components of each head into its slow dimensions ``[out, heads * 16]``."""
    ups = torch.zeros(out, heads * _PER_HEAD)
    for head in range(heads):
        for part in range(_PER_HEAD):
            ups[head * apart + _FIRST_SLOW + part, head * _PER_HEAD + part] = _GAIN
    return ups
