"""A first guess at how to compare a picture with rows: heads that look where it is alike.

In the first layers one query head of every key head is started so that a token attends to
tokens whose image, as the connector's glance has it, is like its own. Training goes on from
there; what is done with what was found is learned. Without it comparison starts late or never
(docs/log.md).
"""

import torch
from torch import Tensor

from backbone.config import BackboneConfig
from backbone.mini.lora import LoraLinear
from backbone.model import UnifiedModel

__all__ = ["MATCHING_LAYERS", "start_matching"]

MATCHING_LAYERS = (0, 1)
# rotary pairs that turn so slowly that a distance of a hundred tokens hardly matters
_FIRST_SLOW, _PER_HEAD = 16, 16
_GAIN = 1.2
# weights below this share of the median are not undone
_LEAST = 0.3


@torch.no_grad()
def start_matching(model: UnifiedModel, glance: Tensor) -> None:
    """Start queries and keys from the directions of ``glance [Du, R]``, most varied first."""
    directions = (glance / torch.linalg.vector_norm(glance, dim=0, keepdim=True)).T
    heads = model.config.trunk.num_key_value_heads
    for number, index in enumerate(MATCHING_LAYERS):
        layer = model.language_model.model.layers[index]
        first = number * heads * _PER_HEAD
        taken = directions[first : first + heads * _PER_HEAD]
        weight = layer.get_parameter("input_layernorm.weight").float()
        # undo the norm's weights, where they say enough; they have both signs
        least = _LEAST * float(weight.abs().median())
        read = taken * weight / (weight.square() + least**2)
        for name in ("q_proj", "k_proj"):
            wrapped = layer.get_submodule(f"self_attn.{name}")
            if isinstance(wrapped, LoraLinear) and len(wrapped.down) == len(read):
                wrapped.down.copy_(read)
                wrapped.up.copy_(_ups(model.config, name) / wrapped.scale)


def _ups(config: BackboneConfig, name: str) -> Tensor:
    """Write the components of a head into its slow dimensions ``[out, heads * 16]``."""
    trunk = config.trunk
    heads, side = trunk.num_key_value_heads, trunk.head_dim
    queries = trunk.understanding.num_attention_heads
    step = queries // heads if name == "q_proj" else 1
    ups = torch.zeros((queries if name == "q_proj" else heads) * side, heads * _PER_HEAD)
    for head in range(heads):
        for part in range(_PER_HEAD):
            ups[head * step * side + _FIRST_SLOW + part, head * _PER_HEAD + part] = _GAIN
    return ups
