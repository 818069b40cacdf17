"""A first guess at how to compare a picture with a concept: heads of the first layer that look.

Left to chance, comparison starts late or never (docs/log.md). So a concept's name carries a
copy, in directions nothing else uses, of what the connector's glance says of its photos. Where
the name is mentioned after a picture, queries read the copy and keys the picture's glance: the
more alike, the more the name looks at the picture instead of elsewhere. How much it did is
written where later layers can read it. Training goes on from there.

Letters: ``Du`` the trunk's width, ``R`` components of the connector, ``K`` of its glance.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from backbone.mini.concept_encoder import ConceptEncoder
from backbone.mini.lora import LoraLinear
from backbone.model import UnifiedModel
from backbone.whitening import WhitenedConnector

__all__ = ["Directions", "Written", "find_directions", "start_matching", "told_along", "written_by"]

LAYER = 0
# rotary pairs that turn so slowly that a distance of a hundred tokens hardly matters, and the
# slowest, which carries what does not depend on likeness
_FIRST_SLOW, _PAIRS = 16, 15
_CONSTANT, _HALF = 31, 32
PER_HEAD = 2 * _PAIRS
# the dimension of a head's values that carries the picture's sign
_CARRIED = 63
# sizes of what a name, a row and a picture carry, and what a norm makes of them
_COPY, _NAMED, _ROW, _PICTURE = 0.2, 4.0, 4.0, 6.0
_NAMED_NORMED, _ROW_NORMED, _PICTURE_NORMED = 15.0, 5.5, 8.0
# gain of queries and of keys; what is taken off the scores of pictures and of rows
_GAIN, _THRESHOLD, _SUPPRESSED = 1.27, 0.7, 14.0
# size of what is written when a name looks at nothing but the picture
_WRITTEN = 40.0
# weights of the norm below this share of the median are not undone
_LEAST = 0.3


class Directions(NamedTuple):
    """Hold directions nothing else uses: ``copy [K, Du]``, the others ``[Du]``."""

    copy: Tensor
    # a name, an understanding row, a picture, and how much a name looked at a picture
    named: Tensor
    row: Tensor
    picture: Tensor
    written: Tensor


class Written(NamedTuple):
    """Hold the directions an encoder writes into names: ``copy [K, Du]``, ``named [Du]``."""

    copy: Tensor
    named: Tensor


@torch.no_grad()
def written_by(encoder: ConceptEncoder, connector: WhitenedConnector) -> Written | None:
    """Read from an encoder where it copies to; None if it copies nothing.

    Directions that nothing uses can be turned among themselves, and what `find_directions`
    finds differs from machine to machine: once heads read them, they are those of the encoder.
    """
    weight, named = encoder.read.weight.float(), encoder.read.bias.float()
    copy = weight @ _unit(connector.glance.to(weight)).T
    sizes = torch.linalg.vector_norm(copy, dim=0, keepdim=True)
    if not bool((sizes > 0).all()) or not bool(named.any()):
        return None
    return Written((copy / sizes).T, named / torch.linalg.vector_norm(named))


@torch.no_grad()
def told_along(model: UnifiedModel) -> Tensor | None:
    """Read from a model which way ``[Du]`` it writes how much a name looked at a picture.

    None if it does not: as with `written_by`, what is read must be what is written.
    """
    o = model.language_model.model.layers[LAYER].get_submodule("self_attn.o_proj")
    if not isinstance(o, LoraLinear) or not bool(o.up[:, 0].any()):
        return None
    return normalize(o.up[:, 0].float(), dim=0)


def find_directions(connector: WhitenedConnector) -> Directions | None:
    """Find directions neither cells nor whole images use; None if there are too few."""
    used, few = torch.cat([connector.basis, connector.glance], dim=1), connector.glance.shape[1]
    left, sizes, _ = torch.linalg.svd(used.float(), full_matrices=True)
    rank = int((sizes > 1e-4 * sizes.max()).sum())
    spare = left[:, rank:].T
    if len(spare) < few + 4:
        return None
    return Directions(spare[:few], *spare[few : few + 4])


@torch.no_grad()
def start_matching(model: UnifiedModel, encoder: ConceptEncoder) -> None:
    """Start heads, connector and encoder; nothing is done to a model without room for it."""
    trunk, connector = model.config.trunk, model.connector
    layer = model.language_model.model.layers[LAYER]
    found = [layer.get_submodule(f"self_attn.{name}_proj") for name in "qkvo"]
    wrapped = [module for module in found if isinstance(module, LoraLinear)]
    if not isinstance(connector, WhitenedConnector) or len(wrapped) < len(found):
        return
    few, heads = connector.glance.shape[1], trunk.num_key_value_heads
    given = find_directions(connector)
    if given is None or few != heads * PER_HEAD or trunk.head_dim != 2 * _HALF:
        return
    if any(len(module.down) <= few for module in wrapped[:2]):
        return
    _start_rows(encoder, connector, given)
    weight = layer.get_parameter("input_layernorm.weight").float()
    _start_scores(wrapped[0], wrapped[1], connector, given, weight)
    _start_writing(wrapped[2], wrapped[3], given, weight, heads)


def _start_rows(encoder: ConceptEncoder, connector: WhitenedConnector, given: Directions) -> None:
    """Let names, rows and pictures carry what they are, and names a copy of the glance."""
    seen = _unit(connector.glance)
    encoder.read.weight.copy_(_COPY * given.copy.T @ seen)
    encoder.read.bias.copy_(_NAMED * given.named)
    encoder.residual.bias.copy_(_ROW * given.row - _PICTURE * given.picture)
    connector.fc2.bias.copy_(_PICTURE * given.picture)


def _start_scores(
    q: LoraLinear, k: LoraLinear, connector: WhitenedConnector, given: Directions, weight: Tensor
) -> None:
    """Score a name's copy with a picture's glance; keep names from looking at rows."""
    seen, few = _unit(connector.glance), len(given.copy)
    q.down[: few + 1] = _undone(torch.cat([given.copy, given.named[None]]), weight)
    against = _THRESHOLD / _PICTURE_NORMED * given.picture + _SUPPRESSED / _ROW_NORMED * given.row
    k.down[: few + 1] = _undone(torch.cat([seen, against[None]]), weight)
    heads = few // PER_HEAD
    # scores are divided by the root of a head's size
    constant = (2 * _HALF) ** 0.5 / _NAMED_NORMED
    for module, gain in ((q, constant), (k, -1.0)):
        apart = len(module.up) // heads
        module.up.zero_()
        for number in range(few):
            head, part = divmod(number, PER_HEAD)
            at = _FIRST_SLOW + part % _PAIRS + _HALF * (part // _PAIRS)
            module.up[head * apart + at, number] = _GAIN / module.scale
        for head in range(heads):
            module.up[head * apart + _CONSTANT, few] = gain / module.scale


def _start_writing(
    v: LoraLinear, o: LoraLinear, given: Directions, weight: Tensor, heads: int
) -> None:
    """Write how much of what a name looked at was a picture."""
    side, apart = len(v.up) // heads, o.down.shape[1] // heads
    v.down[0] = _undone(given.picture[None], weight)[0]
    v.up[:, 0] = 0
    o.down[0] = 0
    for head in range(heads):
        v.up[head * side + _CARRIED, 0] = 1 / v.scale
        o.down[0, head * apart + _CARRIED] = 1 / heads
    o.up[:, 0] = _WRITTEN / _PICTURE_NORMED * given.written / o.scale


def _unit(columns: Tensor) -> Tensor:
    """Return columns as rows of length 1."""
    rows: Tensor = (columns / torch.linalg.vector_norm(columns, dim=0, keepdim=True)).T.float()
    return rows


def _undone(directions: Tensor, weight: Tensor) -> Tensor:
    """Read directions through a norm whose weights, of both signs, come after it."""
    least = _LEAST * float(weight.abs().median())
    return directions * weight / (weight.square() + least**2)
