"""A first guess at how to answer from a picture: heads of the last layer that look and name.

A language model that never saw pictures answers as if blind, even where the answer could be read
off the picture's tokens by one linear map (docs/log.md). So a few kinds of questions, whose
answers are few, each get a head: where such an answer begins it looks at the picture, and what it
brings along are the log odds of the answers, which go straight to the logits of their first
words. How a question of the kind looks in the last layer, how a picture's tokens look, and which
answer they speak for: all that is found on lessons. Training goes on from there.

Letters: ``s`` lessons of a kind, ``A`` answers, ``Du`` the trunk's width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import default_rng
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from backbone.mini.answering import indicator, keep, run_lessons
from backbone.mini.lessons import Lesson
from backbone.mini.lora import LoraLinear
from backbone.mini.questions import ask, questions
from backbone.mini.reader import Reader
from backbone.mini.words import sentence
from backbone.mini.world import World
from omni_errors import InputError

__all__ = [
    "KINDS",
    "LAYER",
    "Looks",
    "look_at_all",
    "other_questions",
    "start_seeing",
    "vision_lessons",
]

KINDS = ("place", "count", "time", "weather", "colour")
LAYER = 29
# the part of the updates' rank these heads begin with, and the slowest rotary pair of a head
_FIRST, _SLOWEST = 32, 31
# score of a picture's tokens where the answer begins; how much more the values say than others
_SCORE, _LOUD = 40.0, 4.0
# inverse strength of the regressions' penalty
_FREE = 0.003
_BATCH, _SEED = 16, 21
# share of lessons whose pictures pass for photographs
_NATURAL = 0.7


@dataclass(frozen=True)
class Looks:
    """What the last layer saw of lessons of one kind, normed: ``[s, Du]`` each.

    ``asking`` is where the answer begins, ``picture`` the mean of the picture's tokens;
    ``seen [n, Du]`` and ``said [n, Du]`` are some of the picture's tokens and of all others.
    ``answers [s]`` are the facts, ``rms [s]`` the lengths of what the last norm gets.
    """

    asking: Tensor
    picture: Tensor
    seen: Tensor
    said: Tensor
    answers: tuple[str, ...]
    rms: Tensor


def vision_lessons(world: World, kind: str, count: int) -> list[Lesson]:
    """Make lessons of one question of a kind each, with the bare fact as the answer."""
    made: list[Lesson] = []
    rng = default_rng([_SEED, KINDS.index(kind)])
    while len(made) < count:
        scene = world.scene(rng)
        asked = ask(scene, kind, rng)
        if asked is None or asked.kind != kind:
            continue
        turn = (asked.question, f"{sentence(asked.key)}.")
        natural = bool(rng.random() < _NATURAL)
        made.append(replace(Lesson("ask", (turn,), scene.image), natural=natural))
    return made


def other_questions(world: World, count: int) -> list[Lesson]:
    """Make lessons of one question each about a picture, of kinds that have no head."""
    made: list[Lesson] = []
    rng = default_rng([_SEED, len(KINDS)])
    while len(made) < count:
        scene = world.scene(rng)
        asked = questions(scene, rng, world.absent_names(rng))[0]
        if asked.kind not in KINDS:
            made.append(Lesson("ask", ((asked.question, asked.answer),), scene.image))
    return made


@torch.no_grad()
def look_at_all(reader: Reader, lessons: Sequence[Lesson]) -> Looks:
    """Run lessons of one question each and keep what the last layer saw."""
    batches = [lessons[at : at + _BATCH] for at in range(0, len(lessons), _BATCH)]
    parts = [_look(reader, batch) for batch in batches]
    joined = (torch.cat(found) for found in zip(*parts, strict=True))
    asking, picture, seen, said, rms = joined
    answers = tuple(given.turns[0][1].removesuffix(".") for given in lessons)
    return Looks(asking, picture, seen, said, answers, rms)


def _look(reader: Reader, lessons: Sequence[Lesson]) -> tuple[Tensor, ...]:
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    inner = reader.model.language_model.model
    hooks = [
        inner.layers[LAYER].get_submodule("input_layernorm").register_forward_hook(keep(kept, 0)),
        inner.norm.register_forward_hook(keep(kept, 1)),
    ]
    _, packed, _ = run_lessons(reader, lessons)
    for hook in hooks:
        hook.remove()
    states, last = kept[0][1].float(), kept[1][0].float()
    slots = packed.label_slots.tolist()
    first = [slot for n, slot in enumerate(slots) if not n or slots[n - 1] != slot - 1]
    used = packed.und_map.sample >= 0
    # what is no word is part of a picture
    seen = used & (packed.und_source >= len(packed.und_ids))
    pooled = torch.stack([row[mine].mean(0) for row, mine in zip(states, seen, strict=True)])
    said = states[used & ~seen]
    rms = last.flatten(0, 1)[first].square().mean(-1).sqrt()
    return states.flatten(0, 1)[first], pooled, states[seen][::8], said[::3], rms


@torch.no_grad()
def start_seeing(reader: Reader, looks: dict[str, Looks], others: Tensor) -> dict[str, float]:
    """Start a head for each kind; it has no part in ``others [n, Du]``, where others begin.

    Return which share of the answers it was made from the regressions get right.
    """
    q, k, v, o = _updates(reader)
    trunk = reader.model.config.trunk
    gain = (_SCORE * trunk.head_dim**0.5) ** 0.5
    said = torch.cat([found.said for found in looks.values()])
    seen = torch.cat([found.seen for found in looks.values()])
    together = torch.cat([said, seen])
    k.down[_FIRST] = indicator(together, torch.arange(len(said), len(together)))
    k.up[_SLOWEST :: trunk.head_dim, _FIRST] = gain / k.scale
    right, at = {}, _FIRST
    groups = trunk.num_key_value_heads
    apart = trunk.understanding.num_attention_heads // groups
    taken = [0] * groups
    for number, (kind, found) in enumerate(looks.items()):
        group = number % groups
        head = group * apart + number // groups
        rest = [x.asking for name, x in looks.items() if name != kind]
        states = torch.cat([found.asking, said[::4]])
        places = torch.arange(len(found.asking))
        q.down[_FIRST + number] = indicator(states, places, torch.cat([*rest, others]))
        q.up[head * trunk.head_dim + _SLOWEST, _FIRST + number] = gain / q.scale
        odds, names, right[kind] = _odds(found)
        outs = _towards(reader, names, float(found.rms.mean()))
        for line, out in zip(odds, outs, strict=True):
            dimension = taken[group]
            v.down[at], o.up[:, at] = line, out / _LOUD / o.scale
            v.up[group * trunk.head_dim + dimension, at] = _LOUD / v.scale
            o.down[at, head * trunk.head_dim + dimension] = 1
            at, taken[group] = at + 1, dimension + 1
    return right


def _updates(reader: Reader) -> tuple[LoraLinear, LoraLinear, LoraLinear, LoraLinear]:
    """Return the updates of the last layer's projections, all that is used set to zero."""
    attention = reader.model.language_model.model.layers[LAYER].get_submodule("self_attn")
    found = [attention.get_submodule(f"{name}_proj") for name in "qkvo"]
    wrapped = [module for module in found if isinstance(module, LoraLinear)]
    if len(wrapped) < len(found) or len(wrapped[0].down) <= _FIRST:
        raise InputError(f"{reader.model.config.name} has no room for heads that see.")
    for module in wrapped:
        module.down[_FIRST:], module.up[:, _FIRST:] = 0, 0
    q, k, v, o = wrapped
    return q, k, v, o


def _odds(found: Looks) -> tuple[Tensor, list[str], float]:
    """Fit log odds of the answers ``[A, Du]``, free of their mean; and how often they are right."""
    names = sorted(set(found.answers))
    labels = np.array([names.index(answer) for answer in found.answers])
    states = found.picture.numpy()
    spread = states.std(0) + 1e-3
    fitted = LogisticRegression(C=_FREE, max_iter=300).fit(states / spread, labels)
    coefficients = fitted.coef_ / spread
    if len(names) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
    share = float(fitted.score(states / spread, labels))
    odds = torch.tensor(coefficients, dtype=torch.float32)
    # what the answers' odds are on average says nothing about a picture
    mean = torch.from_numpy(states.mean(0))
    odds = odds - (odds @ mean)[:, None] * mean / mean.square().sum()
    return odds - odds.mean(0), names, share


def _towards(reader: Reader, names: Sequence[str], rms: float) -> Tensor:
    """Find for each answer what ``[A, Du]`` adds 1 to the logit of its first word only."""
    inner = reader.model.language_model
    ids = [reader.words.tokenizer.encode(name)[0] for name in names]
    rows = inner.output_rows(ids)
    if rows is None:
        raise InputError(f"{reader.model.config.name} keeps its vocabulary in few bits.")
    scaled = rows.float() * inner.model.norm.weight.float() / rms
    found: Tensor = torch.linalg.pinv(scaled).T
    return found
