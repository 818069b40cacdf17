"""A head that weighs evidence: where yes or no is answered, it reads how alike photos are.

`evidence` says so in words, "Likeness to known photos: <sks> 83 %.". In the layer that answers
from a comparison (`answering`), a second head looks from where the answer begins at the percent
sign, reads there the log odds of the number before it, and turns the state the same way. How
tokens with a number look in that layer, and how the number is read, is found on lessons.

Letters: ``s`` lessons, ``n`` tokens of them, ``Du`` the trunk's width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from numpy.random import default_rng
from torch import Tensor

from backbone.mini.answering import LAYER, Found, indicator, keep, run_lessons, updates
from backbone.mini.evidence import evidence
from backbone.mini.lessons import Lesson
from backbone.mini.reader import Reader

__all__ = ["Told", "log_odds", "start_weighing", "tell_shares"]

# the part of the updates' rank and the dimensions of its head that are used: a slow rotary pair
# and a value
_AT, _SLOW, _CARRIED, _HEAD = 95, 30, 61, 5
# score of the number, and what log odds of 1 add to the logits' difference
_SCORE, _STRENGTH = 40.0, 1.5
# share of that score where nothing is told, and how much it matters to read nothing there
_REST, _QUIET = 0.5, 10
# no evidence is surer than this many log odds
_MOST = 4.0
_RIDGE, _BATCH, _SEED = 0.003, 16, 23


@dataclass(frozen=True)
class Told:
    """What the layer saw of lessons with evidence: normed states ``[n, Du]``.

    ``signs [s]`` number the percent signs, ``asking [s]`` where answers begin, ``odds [s]`` are
    the log odds told.
    """

    states: Tensor
    signs: Tensor
    asking: Tensor
    odds: Tensor


def log_odds(share: float) -> float:
    """Return the log odds of a share, bounded."""
    inside = min(max(share, 1e-6), 1 - 1e-6)
    return max(-_MOST, min(_MOST, math.log(inside / (1 - inside))))


def tell_shares(lessons: Sequence[Lesson]) -> tuple[list[Lesson], Tensor]:
    """Tell lessons any likeness at all, so that only the number can be read; return log odds."""
    rng = default_rng(_SEED)
    told, odds = [], []
    for given in lessons:
        # as often near the ends as in the middle
        share = 1 / (1 + math.exp(-rng.uniform(-1.2 * _MOST, 1.2 * _MOST)))
        line = evidence([(name, share) for name in given.names])
        (question, answer), *rest = given.turns
        told.append(replace(given, told=False, turns=((f"{line}\n{question}", answer), *rest)))
        odds.append(log_odds(round(100 * share) / 100))
    return told, torch.tensor(odds)


@torch.no_grad()
def look_at_told(reader: Reader, lessons: Sequence[Lesson]) -> Told:
    """Run lessons with evidence and keep what the layer saw of them."""
    told, odds = tell_shares(lessons)
    parts = [_run(reader, told[at : at + _BATCH]) for at in range(0, len(told), _BATCH)]
    starts = torch.tensor([0, *(len(states) for states, _, _ in parts[:-1])]).cumsum(0)
    return Told(
        torch.cat([states for states, _, _ in parts]),
        torch.cat([signs + start for (_, signs, _), start in zip(parts, starts, strict=True)]),
        torch.cat([asking + start for (_, _, asking), start in zip(parts, starts, strict=True)]),
        odds,
    )


def _run(reader: Reader, lessons: Sequence[Lesson]) -> tuple[Tensor, Tensor, Tensor]:
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    norm = reader.model.language_model.model.layers[LAYER].get_submodule("input_layernorm")
    hook = norm.register_forward_hook(keep(kept, LAYER))
    _, packed, _ = run_lessons(reader, lessons)
    hook.remove()
    used = (packed.und_map.sample >= 0).flatten()
    number = torch.cumsum(used, 0) - 1
    # how a line of evidence about one concept ends
    sign = reader.words.tokenizer.encode(" 83 %.")[-1]
    source = packed.und_source.clamp_max(len(packed.und_ids) - 1)
    words = packed.und_source < len(packed.und_ids)
    ids = torch.tensor(packed.und_ids)[source]
    signs = (words & (ids == sign)).flatten() & used
    slots = packed.label_slots.tolist()
    asking = [slot for n, slot in enumerate(slots) if not n or slots[n - 1] != slot - 1]
    states = kept[LAYER][1].flatten(0, 1).float()[used]
    return states, number[signs.nonzero()[:, 0]], number[torch.tensor(asking)]


@torch.no_grad()
def start_weighing(reader: Reader, told: Told, found: Found, others: Tensor) -> float:
    """Start the head; return the correlation of what it reads with what was told.

    It has no part in ``others [n, Du]``, where answers of other kinds begin.
    """
    q, k, v, o = updates(reader, LAYER, _AT)
    trunk = reader.model.config.trunk
    side = trunk.head_dim
    # what is shared by the heads of its group: not that of the head that compares
    group = side * (_HEAD * trunk.num_key_value_heads // trunk.understanding.num_attention_heads)
    gain = (_SCORE * side**0.5) ** 0.5
    states = torch.cat([found.states, told.states])
    places = torch.cat([found.asking, told.asking + len(found.states)])
    q.down[_AT] = indicator(states, places, others)
    # where nothing is told the head looks at the asking token itself, which reads 0
    k.down[_AT] = indicator(told.states, told.signs) + _REST * q.down[_AT]
    q.up[_HEAD * side + _SLOW, _AT] = gain / q.scale
    k.up[group + _SLOW, _AT] = gain / k.scale
    line = _reading(told, found.states, states[places])
    # the value is the line's alone: what that dimension carried before would be taken along
    before = v.base.weight[group + _CARRIED].float() + v.scale * v.up[group + _CARRIED] @ v.down
    v.down[_AT], v.up[group + _CARRIED, _AT] = line - before, 1 / v.scale
    o.down[_AT, _HEAD * side + _CARRIED] = 1
    o.up[:, _AT] = _STRENGTH * found.slope / found.slope.square().sum() / o.scale
    read = told.states[told.signs] @ line
    return float(torch.corrcoef(torch.stack([read, told.odds]))[0, 1])


def _reading(told: Told, elsewhere: Tensor, asking: Tensor) -> Tensor:
    """Find the direction ``[Du]`` along which signs have their log odds, all others 0.

    Asking tokens weigh most: they are looked at when nothing is told.
    """
    signs = told.states[told.signs]
    moment = signs.T @ signs / len(signs)
    for quiet, weight in ((elsewhere, 1), (asking, _QUIET)):
        moment = moment + weight * quiet.T @ quiet / len(quiet)
    ridge = _RIDGE * moment.diagonal().mean() * torch.eye(len(moment))
    solved: Tensor = torch.linalg.solve(moment + ridge, signs.T @ told.odds / len(signs))
    return solved
