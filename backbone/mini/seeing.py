"""A first guess at how to answer from a picture: look early, remember, and say it late.

What a picture's tokens show can be read off them by one linear map in the first layers and hardly
at all in the twelfth (docs/log.md); where an answer begins, what is asked is known only late. So
in an early layer every token that begins a segment looks at the picture, and what it brings along
are the log odds of facts with few answers: the place, how many things, the time, the weather.
They are written in directions nothing else uses. In a later layer a head for each kind of
question looks from where its answer begins at that same token, and turns the state the way in
which the logits of the answers' first words grow. All maps are found on lessons, none is chosen;
training goes on from there.

Letters: ``n`` pictures, ``s`` lessons, ``A`` answers of all kinds, ``Du`` the trunk's width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import default_rng
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn.functional import normalize

from backbone.concepts import ConceptTable
from backbone.mini.answering import indicator, keep, run_lessons, updates
from backbone.mini.lessons import Lesson
from backbone.mini.matching import told_along, written_by
from backbone.mini.questions import ask, questions
from backbone.mini.reader import Reader
from backbone.mini.words import sentence
from backbone.mini.world import World
from backbone.packing import VitItem, lay_out
from omni_errors import InputError

__all__ = ["KINDS", "LOOK", "SAY", "Facts", "find_facts", "other_questions", "start_looking"]
__all__ += ["start_saying", "start_seeing", "towards", "vision_lessons"]

KINDS = ("place", "count", "time", "weather")
# the layer that looks at pictures, and the one that answers
LOOK, SAY = 1, 20
# the part of the updates' rank these heads begin with, and the slowest rotary pair of a head
_FIRST, _LAST, _SLOWEST = 32, 95, 31
# score of what is looked at; how much louder values are than what else a head carries; how long
# a log odds of 1 is where it is written
_SCORE, _LOUD, _WRITTEN = 40.0, 2.0, 4.0
# inverse strength of the regressions' penalty, and share of the mean square that is added
_FREE, _RIDGE = 0.003, 0.01
# what a log odds of 1 adds to a logit; share of the mean square that is added to slopes; lessons
# of a kind slopes are taken from
_STRENGTH, _COMMON, _SLOPES = 1.0, 0.1, 64
_BATCH, _SEED = 16, 21
# lessons maps are made from, and those of each kind that heads of the later layer are
_LESSONS, _SAID = {"place": 1500, "count": 800, "time": 500, "weather": 500}, 200
# share of pictures that pass for photographs
_NATURAL = 0.7


@dataclass(frozen=True)
class Facts:
    """Log odds of facts as a linear map of what the early layer makes of a picture.

    ``odds [A, Du]`` and ``offset [A]`` read the mean of the picture's normed tokens; the answers
    of a kind are ``names[kind]``, in order. ``right`` is how often the likeliest is right, on
    what the map was made from.
    """

    names: dict[str, list[str]]
    odds: Tensor
    offset: Tensor
    right: dict[str, float]

    def rows(self, kind: str) -> slice:
        """Say which of the answers are a kind's."""
        before = sum(len(names) for other, names in self.names.items() if other < kind)
        return slice(before, before + len(self.names[kind]))


def start_seeing(reader: Reader, world: World, others: Callable[[], Tensor]) -> dict[str, float]:
    """Start all heads; ``others()`` runs lessons of other kinds when the early heads are there."""
    lessons = {kind: vision_lessons(world, kind, _LESSONS[kind]) for kind in KINDS}
    facts = find_facts(reader, lessons)
    mixed = [given for kind in KINDS for given in lessons[kind][: 96 // len(KINDS)]]
    start_looking(reader, facts, mixed)
    few = {kind: given[:_SAID] for kind, given in lessons.items()}
    return start_saying(reader, facts, few, others())


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
def find_facts(reader: Reader, lessons: dict[str, list[Lesson]]) -> Facts:
    """Find the map from lessons of each kind."""
    names, odds, offsets, right = {}, [], [], {}
    for kind in sorted(lessons):
        answers = [given.turns[0][1].removesuffix(".") for given in lessons[kind]]
        states = torch.cat(
            [
                _pooled(reader, lessons[kind][at : at + _BATCH])
                for at in range(0, len(answers), _BATCH)
            ]
        )
        names[kind] = sorted(set(answers))
        labels = np.array([names[kind].index(answer) for answer in answers])
        found, offset, right[kind] = _odds(states.numpy(), labels)
        odds.append(found)
        offsets.append(offset)
    return Facts(names, torch.cat(odds), torch.cat(offsets), right)


def _pooled(reader: Reader, lessons: Sequence[Lesson]) -> Tensor:
    """Return the mean of each picture's tokens ``[n, Du]`` as the early layer is given them."""
    model = reader.model
    table = ConceptTable(model.config.trunk.vocab_size)
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    norm = model.language_model.model.layers[LOOK].get_submodule("input_layernorm")
    hook = norm.register_forward_hook(keep(kept, LOOK))
    with reader.autocast():
        features = reader.features([given.image for given in lessons if given.image is not None])
        moved = torch.tensor([given.natural for given in lessons])[:, None, None]
        features = features + moved * reader.shift.to(features)
        packed = lay_out([[[VitItem(each)]] for each in features], model.tools(table))
        und, gen = model.embed(packed, table, None, torch.zeros(0))
        model.run(und, gen, model.geometry(packed))
    hook.remove()
    states = kept[LOOK][1].float()
    seen = (packed.und_map.sample >= 0) & (packed.und_source >= len(packed.und_ids))
    weights = seen[..., None] / seen.sum(1)[:, None, None]
    pooled: Tensor = (states * weights).sum(1)
    return pooled


def _odds(states: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor, float]:
    """Fit log odds ``[A, Du]`` and offsets ``[A]``; tell how often the likeliest is right."""
    spread, mean = states.std(0) + 1e-3, states.mean(0)
    standard = (states - mean) / spread
    fitted = LogisticRegression(C=_FREE, max_iter=300).fit(standard, labels)
    slopes, offset = fitted.coef_ / spread, fitted.intercept_
    if len(slopes) == 1:
        slopes, offset = np.concatenate([-slopes, slopes]) / 2, np.array([-offset, offset]) / 2
    offset = offset.reshape(-1) - slopes @ mean
    return _float(slopes), _float(offset), float(fitted.score(standard, labels))


def _float(values: np.ndarray) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


@torch.no_grad()
def start_looking(reader: Reader, facts: Facts, lessons: Sequence[Lesson]) -> None:
    """Let tokens that begin a segment write what a picture before them shows."""
    found = [_states(reader, lessons[at : at + _BATCH], LOOK) for at in range(0, 96, _BATCH)]
    states, begins, seen = (torch.cat(part) for part in zip(*found, strict=True))
    q, k, v, o = updates(reader, LOOK, _FIRST)
    numbers = torch.arange(len(states))
    head, side = _last_head(reader)
    gain = (_SCORE * side**0.5) ** 0.5
    q.down[_FIRST] = indicator(states, numbers[begins])
    k.down[_FIRST] = indicator(states, numbers[seen])
    q.up[head * side + _SLOWEST, _FIRST] = gain / q.scale
    k.up[-side + _SLOWEST, _FIRST] = gain / k.scale
    wanted = states[seen] @ facts.odds.T + facts.offset
    lines = _quiet_lines(states[seen], wanted, states[~seen])
    for number, (line, out) in enumerate(zip(lines, _written(reader, len(lines)), strict=True)):
        at = _FIRST + number
        v.down[at], o.up[:, at] = line, _WRITTEN * out / _LOUD / o.scale
        v.up[number - side, at] = _LOUD / v.scale
        o.down[at, head * side + number] = 1


def _quiet_lines(states: Tensor, wanted: Tensor, elsewhere: Tensor) -> Tensor:
    """Find lines ``[A, Du]`` along which states have what is wanted ``[n, A]``, others nothing.

    A head that has nothing to look at looks anywhere, and what it finds there must be 0.
    """
    moment = states.T @ states / len(states) + elsewhere.T @ elsewhere / len(elsewhere)
    ridge = _RIDGE * moment.diagonal().mean() * torch.eye(len(moment))
    found: Tensor = torch.linalg.solve(moment + ridge, states.T @ wanted / len(states)).T
    return found


def _last_head(reader: Reader) -> tuple[int, int]:
    """Return the first query head of the last key/value head, and the size of heads."""
    trunk = reader.model.config.trunk
    heads, groups = trunk.understanding.num_attention_heads, trunk.num_key_value_heads
    return heads - heads // groups, trunk.head_dim


def _written(reader: Reader, count: int) -> Tensor:
    """Return directions ``[count, Du]`` that comparing leaves unused."""
    connector, encoder, along = reader.connector, reader.encoder, told_along(reader.model)
    known = written_by(encoder, connector)
    if known is None or along is None:
        raise InputError(f"{reader.model.config.name} has no room for what it sees.")
    used = [connector.basis, connector.glance, known.copy.T]
    # what names, rows and pictures carry beside it, and what is written of looking
    signs = (known.named, encoder.residual.bias, connector.fc2.bias, along)
    used += [normalize(sign, dim=0)[:, None] for sign in signs]
    left, sizes, _ = torch.linalg.svd(torch.cat(used, dim=1).float(), full_matrices=True)
    spare = left[:, int((sizes > 1e-4 * sizes.max()).sum()) :].T
    if len(spare) < count:
        raise InputError(f"{reader.model.config.name} has no room for what it sees.")
    chosen: Tensor = spare[:count]
    return chosen


def _states(reader: Reader, lessons: Sequence[Lesson], layer: int) -> tuple[Tensor, ...]:
    """Return a layer's normed states ``[n, Du]``, which begin a segment, which are pictures."""
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    norm = reader.model.language_model.model.layers[layer].get_submodule("input_layernorm")
    hook = norm.register_forward_hook(keep(kept, layer))
    _, packed, _ = run_lessons(reader, lessons)
    hook.remove()
    used = packed.und_map.sample >= 0
    words = packed.und_source < len(packed.und_ids)
    ids = torch.tensor(packed.und_ids)[packed.und_source.clamp_max(len(packed.und_ids) - 1)]
    start = reader.model.config.special_tokens.bos_token_id
    begins = used & words & (ids == start)
    return kept[layer][1].float()[used], begins[used], (used & ~words)[used]


def start_saying(
    reader: Reader, facts: Facts, lessons: dict[str, list[Lesson]], others: Tensor
) -> dict[str, float]:
    """Start a head for each kind, with no part in ``others [n, Du]``, where others begin.

    Return how often what is read in the later layer tells the right answer.
    """
    looks = {kind: _asked(reader, lessons[kind], facts, kind) for kind in sorted(lessons)}
    with torch.no_grad():
        read = _readable(looks, others)
        _start_heads(reader, facts, looks, read, others)
    return {
        kind: _share(look, read[facts.rows(kind)], facts.names[kind])
        for kind, look in looks.items()
    }


def _start_heads(
    reader: Reader,
    facts: Facts,
    looks: "dict[str, _Asked]",
    read: Tensor,
    others: Tensor,
) -> None:
    q, k, v, o = updates(reader, SAY, _FIRST, _LAST)
    trunk = reader.model.config.trunk
    side, groups = trunk.head_dim, trunk.num_key_value_heads
    apart = trunk.understanding.num_attention_heads // groups
    gain = (_SCORE * side**0.5) ** 0.5
    every = torch.cat([look.asking for look in looks.values()])
    said = torch.cat([look.said for look in looks.values()])
    together = torch.cat([every, others, said])
    k.down[_FIRST] = indicator(together, torch.arange(len(every) + len(others)))
    k.up[_SLOWEST::side, _FIRST] = gain / k.scale
    # the first group has the head that says yes or no
    k.up[_SLOWEST, _FIRST] = 0
    at, taken = _FIRST, [0] * groups
    for number, (kind, look) in enumerate(looks.items()):
        group = 1 + number % (groups - 1)
        head = group * apart + number // (groups - 1)
        rest = [other.asking for name, other in looks.items() if name != kind]
        places = torch.arange(len(look.asking))
        asks = indicator(torch.cat([look.asking, said]), places, torch.cat([*rest, others]))
        # half of what every answer's first token has: only what is surely asked scores
        q.down[_FIRST + number] = 2 * asks - k.down[_FIRST]
        q.up[head * side + _SLOWEST, _FIRST + number] = gain / q.scale
        rows = facts.rows(kind)
        lines = read[rows]
        for line, out in zip(lines - lines.mean(0), towards(look.slopes), strict=True):
            v.down[at], o.up[:, at] = line, _STRENGTH * out / _LOUD / o.scale
            v.up[group * side + taken[group], at] = _LOUD / v.scale
            o.down[at, head * side + taken[group]] = 1
            at, taken[group] = at + 1, taken[group] + 1


@dataclass(frozen=True)
class _Asked:
    """What the later layer saw of lessons: where answers begin ``[s, Du]``, and of other tokens.

    ``told [s, A]`` are the log odds the picture tells; ``slopes [a, Du]`` how the logits of the
    answers' first words follow the state where an answer begins, on average.
    """

    asking: Tensor
    said: Tensor
    told: Tensor
    answers: tuple[str, ...]
    slopes: Tensor


def _asked(reader: Reader, lessons: Sequence[Lesson], facts: Facts, kind: str) -> _Asked:
    rows = _first_words(reader, facts.names[kind])
    parts = [
        _look(reader, lessons[at : at + _BATCH], facts, rows if at < _SLOPES else rows[:0])
        for at in range(0, len(lessons), _BATCH)
    ]
    asking, said, told, slopes = zip(*parts, strict=True)
    answers = tuple(given.turns[0][1].removesuffix(".") for given in lessons)
    found = torch.stack([part for part in slopes if len(part)]).mean(0)
    return _Asked(torch.cat(asking), torch.cat(said), torch.cat(told), answers, found)


def _look(
    reader: Reader, lessons: Sequence[Lesson], facts: Facts, words: Tensor
) -> tuple[Tensor, ...]:
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    norm = reader.model.language_model.model.layers[SAY].get_submodule("input_layernorm")
    hook = norm.register_forward_hook(keep(kept, SAY))
    _, packed, hidden = run_lessons(reader, lessons)
    hook.remove()
    slots = packed.label_slots.tolist()
    first = [slot for n, slot in enumerate(slots) if not n or slots[n - 1] != slot - 1]
    raw, states = kept[SAY][0], kept[SAY][1].detach().float()
    logits = hidden.flatten(0, 1)[first].float() @ words.T
    slopes = [
        torch.autograd.grad(logits[:, n].sum(), raw, retain_graph=True)[0]
        for n in range(len(words))
    ]
    mean = [slope.flatten(0, 1)[first].float().mean(0) for slope in slopes]
    used = packed.und_map.sample >= 0
    with torch.no_grad():
        told = _pooled(reader, lessons) @ facts.odds.T + facts.offset
    return (
        states.flatten(0, 1)[first],
        states[used][::7],
        told,
        torch.stack(mean) if mean else words.new_zeros(0, states.shape[-1]),
    )


def _readable(looks: dict[str, _Asked], others: Tensor) -> Tensor:
    """Find how to read in the later layer what was written: lines ``[A, Du]``."""
    states = torch.cat([look.asking for look in looks.values()])
    told = torch.cat([look.told for look in looks.values()])
    said = torch.cat([others, *(look.said for look in looks.values())])
    return _quiet_lines(states, told, said)


def _share(look: _Asked, read: Tensor, names: list[str]) -> float:
    best = (look.asking @ read.T).argmax(1).tolist()
    right = [names[n] == answer for n, answer in zip(best, look.answers, strict=True)]
    return float(np.mean(right))


def _first_words(reader: Reader, names: Sequence[str]) -> Tensor:
    """Return the output rows ``[A, Du]`` of the answers' first words."""
    ids = [reader.words.tokenizer.encode(name)[0] for name in names]
    rows = reader.model.language_model.output_rows(ids)
    if rows is None:
        raise InputError(f"{reader.model.config.name} keeps its vocabulary in few bits.")
    return rows.float()


def towards(slopes: Tensor) -> Tensor:
    """Find for each answer what ``[A, Du]`` raises its logit by 1 and hardly the others'.

    ``slopes [A, Du]`` say how logits follow a state. What is nearly common to all answers is
    given up rather than sought with long vectors.
    """
    alike = slopes @ slopes.T
    ridge = _COMMON * alike.diagonal().mean() * torch.eye(len(alike))
    found: Tensor = torch.linalg.solve(alike + ridge, slopes)
    return found
