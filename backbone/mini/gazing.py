"""A first guess at how to see: heads through which all that is said after a picture looks at it.

A language model that never saw pictures does not look at their tokens, and what is not looked at
is not learned from: after hundreds of steps it answers as if blind (docs/log.md). Here one head
in each of some layers begins by looking; what it takes along are the main components of what
pictures look like in that layer. What to make of them is left to training.

Letters: ``n`` tokens, ``Du`` the trunk's width.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from backbone.mini.answering import indicator, keep, run_lessons
from backbone.mini.lessons import Lesson
from backbone.mini.lora import LoraLinear
from backbone.mini.reader import Reader

__all__ = ["LAYERS", "start_gazing"]

LAYERS = (6, 10, 14, 17, 19, 22)
# the key/value head whose first query head looks; its slowest rotary pair carries the score
_HEAD, _SLOWEST = 2, 31
_SCORE, _VALUE = 14.0, 0.7
# the part of an update's rank that is used
_FIRST = 16


@torch.no_grad()
def start_gazing(reader: Reader, lessons: Sequence[Lesson]) -> None:
    """Start the heads from what lessons with a picture each look like."""
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    layers = reader.model.language_model.model.layers
    hooks = [
        layers[at].get_submodule("input_layernorm").register_forward_hook(keep(kept, at))
        for at in LAYERS
    ]
    _, packed, _ = run_lessons(reader, lessons)
    for hook in hooks:
        hook.remove()
    used = packed.und_map.sample >= 0
    # what is no word is part of a picture
    seen = used & (packed.und_source >= len(packed.und_ids))
    for at in LAYERS:
        states = kept[at][1].float()[used]
        _start(reader, at, states, seen[used])


def _start(reader: Reader, at: int, states: Tensor, seen: Tensor) -> None:
    attention = reader.model.language_model.model.layers[at].get_submodule("self_attn")
    modules = [attention.get_submodule(f"{name}_proj") for name in "qkvo"]
    q, k, v, o = (module for module in modules if isinstance(module, LoraLinear))
    side, groups = reader.model.config.trunk.head_dim, reader.model.config.trunk.num_key_value_heads
    numbers = torch.arange(len(seen))
    gain = (_SCORE * side**0.5) ** 0.5
    for module, places in ((q, numbers[~seen]), (k, numbers[seen])):
        module.down[_FIRST], module.up[:, _FIRST] = indicator(states, places), 0
        module.up[_HEAD * (len(module.up) // groups) + _SLOWEST, _FIRST] = gain / module.scale
    count = len(v.down) - _FIRST
    v.down[_FIRST:], v.up[:, _FIRST:] = _components(states[seen], count), 0
    o.down[_FIRST:], o.up[:, _FIRST:] = 0, 0
    apart = o.down.shape[1] // groups
    for number in range(count):
        v.up[_HEAD * side + number, _FIRST + number] = _VALUE / v.scale
        o.down[_FIRST + number, _HEAD * apart + number] = 1


def _components(states: Tensor, count: int) -> Tensor:
    """Return the main components ``[count, Du]`` of states ``[n, Du]``, at unit variance."""
    _, sizes, directions = torch.linalg.svd(states - states.mean(0), full_matrices=False)
    components: Tensor = directions[:count] / (sizes[:count, None] / len(states) ** 0.5)
    return components
