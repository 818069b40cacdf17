"""A first guess at how to answer from a comparison: one head takes it from the name to the answer.

`matching` writes at a mention of a concept how much the picture is like it. Here, in a later
layer, the token from which the answer is predicted looks at that mention and turns what was
written there towards "Yes" or "No". What those tokens look like in that layer, how much of what
was written can still be read, which value means yes, and which way yes lies: all that is found on
lessons. Training goes on from there.

Letters: ``n`` tokens of the lessons, ``s`` lessons, ``Du`` the trunk's width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from numpy.random import default_rng
from torch import Tensor, nn

from backbone.mini.gallery import Gallery
from backbone.mini.lessons import Lesson, lesson
from backbone.mini.lora import LoraLinear
from backbone.mini.matching import told_along
from backbone.mini.reader import Reader
from backbone.packing import Packed, lay_out
from backbone.training import Sample, everyone
from omni_errors import InputError

__all__ = ["Found", "indicator", "keep", "level_answers", "look_at", "other_lessons"]
__all__ += ["run_lessons", "start_answering", "updates", "where_answers_begin", "yes_or_no_lessons"]

# where it is written, and where it is read
_WRITTEN_IN, LAYER = 1, 20
# the slowest rotary pair of a head, and the dimension of its values that is used
_SLOWEST, _CARRIED = 31, 62
# score of the right mention, and what log odds of 1 add to the logits' difference
_SCORE, _STRENGTH = 40.0, 2.0
# share of the mean square that is added to a regression
_RIDGE = 0.02
_BATCH = 16
# how often answers are levelled, as a shift does not add up quite linearly
_LEVELLED = 2
_OTHERS = ("read", "read", "ask", "name", "introduce", "who")
_SEED = 15


@dataclass(frozen=True)
class Found:
    """What a layer saw of lessons: normed states ``[n, Du]`` and which tokens matter in them.

    ``asking [s]`` and ``named [s]`` number the tokens that begin the answer and mention the
    name; ``written [s]`` is what was written there, ``yes [s]`` the right answer, and ``slope
    [Du]`` how the logit of "Yes" less that of "No" follows the state that asks, on average.
    """

    states: Tensor
    asking: Tensor
    named: Tensor
    written: Tensor
    yes: Tensor
    slope: Tensor


def look_at(reader: Reader, lessons: Sequence[Lesson]) -> Found:
    """Run lessons of one yes-or-no question each and keep what the layers saw."""
    parts = [_run(reader, lessons[at : at + _BATCH]) for at in range(0, len(lessons), _BATCH)]
    starts = torch.tensor([0, *(len(part.states) for part in parts[:-1])]).cumsum(0)
    return Found(
        torch.cat([part.states for part in parts]),
        torch.cat([part.asking + start for part, start in zip(parts, starts, strict=True)]),
        torch.cat([part.named + start for part, start in zip(parts, starts, strict=True)]),
        torch.cat([part.written for part in parts]),
        torch.tensor([given.turns[0][1].startswith("Y") for given in lessons]),
        torch.stack([part.slope for part in parts]).mean(0),
    )


def _run(reader: Reader, lessons: Sequence[Lesson]) -> Found:
    """Run one batch; padding is left out of what is kept."""
    model, along = reader.model, told_along(reader.model)
    if along is None:
        raise InputError(f"{model.config.name} has no room for a comparison.")
    layers = model.language_model.model.layers
    kept: dict[int, tuple[Tensor, Tensor]] = {}
    wrote: dict[int, tuple[Tensor, Tensor]] = {}
    hooks = [
        layers[at].get_submodule("input_layernorm").register_forward_hook(keep(kept, at))
        for at in (_WRITTEN_IN, LAYER)
    ]
    # where heads of that layer write: how they look at the state is none of the slope's business
    written = layers[LAYER].get_submodule("self_attn.o_proj")
    hooks.append(written.register_forward_hook(keep(wrote, LAYER)))
    samples, packed, hidden = run_lessons(reader, lessons)
    for hook in hooks:
        hook.remove()
    places = [_places(packed, sample, row) for row, sample in enumerate(samples)]
    asking, named = torch.tensor(places).T
    (before, _), (_, normed), (_, turned) = kept[_WRITTEN_IN], kept[LAYER], wrote[LAYER]
    towards = (hidden.flatten(0, 1)[asking].float() @ _yes_less_no(reader)).sum()
    slope = torch.autograd.grad(towards, turned)[0].flatten(0, 1)[asking].float().mean(0)
    used = (packed.und_map.sample >= 0).flatten()
    number = torch.cumsum(used, 0) - 1
    return Found(
        normed.detach().flatten(0, 1).float()[used],
        number[asking],
        number[named],
        before.detach().flatten(0, 1).float()[named] @ along,
        torch.zeros(0),
        slope,
    )


def keep(
    kept: dict[int, tuple[Tensor, Tensor]], at: int
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    """Make a hook that keeps what a norm was given, and what came of it."""

    def hook(_: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        kept[at] = (given[0], out)

    return hook


def run_lessons(reader: Reader, lessons: Sequence[Lesson]) -> tuple[list[Sample], Packed, Tensor]:
    """Run a batch, each lesson in a row of its own; return final states ``[s, T, Du]`` as well."""
    model = reader.model
    with reader.autocast():
        samples = reader.samples(lessons)
        table = everyone(model, samples)
        packed = lay_out([[sample.items] for sample in samples], model.tools(table))
        und, gen = model.embed(packed, table, None, torch.zeros(0))
        hidden, _, _ = model.run(und, gen, model.geometry(packed))
    if hidden is None:
        raise InputError("A lesson without text has no answer.")
    return samples, packed, hidden


def _places(packed: Packed, sample: Sample, row: int) -> tuple[int, int]:
    """Find where a sample's answer begins, and the last mention of its name before."""
    width = packed.und_source.shape[1]
    at = next(n for n, of in enumerate(packed.label_samples) if of == row)
    first = int(packed.label_slots[at])
    ids = {n for n, token in enumerate(packed.und_ids) if token == sample.concepts[0].first}
    mentions = (n for n, source in enumerate(packed.und_source[row].tolist()) if source in ids)
    return first, max(slot for n in mentions if (slot := row * width + n) < first)


@torch.no_grad()
def where_answers_begin(reader: Reader, lessons: Sequence[Lesson], layer: int = LAYER) -> Tensor:
    """Return what a layer sees ``[n, Du]`` where answers of any kind begin."""
    found: list[Tensor] = []
    norm = reader.model.language_model.model.layers[layer].get_submodule("input_layernorm")
    for at in range(0, len(lessons), _BATCH):
        kept: dict[int, tuple[Tensor, Tensor]] = {}
        hook = norm.register_forward_hook(keep(kept, layer))
        _, packed, _ = run_lessons(reader, lessons[at : at + _BATCH])
        hook.remove()
        # a label that follows another sample's, or not the slot before it, is an answer's first
        slots = packed.label_slots.tolist()
        first = [slot for n, slot in enumerate(slots) if not n or slots[n - 1] != slot - 1]
        found.append(kept[layer][1].flatten(0, 1)[first].float())
    return torch.cat(found)


@torch.no_grad()
def start_answering(reader: Reader, found: Found, others: Tensor) -> None:
    """Start the head; it has no part in ``others [n, Du]``, where other answers begin."""
    q, k, v, o = updates(reader, LAYER, 0, 1)
    names = indicator(found.states, found.named)
    asks = indicator(found.states, found.asking, others)
    gain = (_SCORE * reader.model.config.trunk.head_dim**0.5) ** 0.5
    for module, reads in ((q, asks), (k, names)):
        module.down[0] = reads
        module.up[_SLOWEST, 0] = gain / module.scale
    reads = _ridge(found.states[found.named], found.written)
    slope, offset = _logistic(found.states[found.named] @ reads, found.yes)
    v.down[0], v.up[_CARRIED, 0] = slope * reads + offset * names, 1 / v.scale
    o.down[0, _CARRIED] = 1
    # as far along the slope as changes the logits by the strength
    o.up[:, 0] = _STRENGTH * found.slope / found.slope.square().sum() / o.scale


@torch.no_grad()
def level_answers(reader: Reader, found: Found, lessons: Sequence[Lesson]) -> float:
    """Shift what the head carries until yes and no are equally far from even; return the shift.

    A model that has learned to answer such questions leans to one side, once the head is begun
    anew.
    """
    _, _, v, _ = updates(reader, LAYER, 0, 0)
    names, yes = indicator(found.states, found.named), found.yes
    shift = 0.0
    for _ in range(_LEVELLED):
        margins = torch.cat(
            [_margins(reader, lessons[at : at + _BATCH]) for at in range(0, len(lessons), _BATCH)]
        )
        middle = _middle(margins, yes)
        v.down[0] -= middle / _STRENGTH * names
        shift -= middle
    return shift


def _middle(margins: Tensor, yes: Tensor) -> float:
    """Return what lies half way between the middles of yes and of no."""
    return float(margins[yes].median() + margins[~yes].median()) / 2


def _margins(reader: Reader, lessons: Sequence[Lesson]) -> Tensor:
    """Return by how much "Yes" is likelier than "No" where each lesson's answer begins ``[s]``."""
    samples, packed, hidden = run_lessons(reader, lessons)
    first = [_places(packed, sample, row)[0] for row, sample in enumerate(samples)]
    return hidden.flatten(0, 1)[first].float() @ _yes_less_no(reader)


def updates(
    reader: Reader, layer: int, first: int, stop: int | None = None
) -> tuple[LoraLinear, LoraLinear, LoraLinear, LoraLinear]:
    """Return the updates of a layer's projections, ranks from ``first`` to ``stop`` set to zero.

    Raises:
        InputError: if they have no such ranks.
    """
    attention = reader.model.language_model.model.layers[layer].get_submodule("self_attn")
    found = [attention.get_submodule(f"{name}_proj") for name in "qkvo"]
    wrapped = [module for module in found if isinstance(module, LoraLinear)]
    if len(wrapped) < len(found) or min(len(module.down) for module in wrapped) <= first:
        raise InputError(f"{reader.model.config.name} has no room for a head in layer {layer}.")
    for module in wrapped:
        module.down[first:stop], module.up[:, first:stop] = 0, 0
    q, k, v, o = wrapped
    return q, k, v, o


def indicator(states: Tensor, places: Tensor, others: Tensor | None = None) -> Tensor:
    """Find the direction ``[Du]`` along which tokens at places have 1 and others 0.

    ``others [n, Du]`` are tokens that are most easily mistaken for them.
    """
    more = states[:0] if others is None else others
    wanted, weights = torch.zeros(len(states) + len(more)), torch.ones(len(states) + len(more))
    wanted[places] = 1
    # few tokens are meant: let them weigh as much as all others
    weights[places] = (len(states) - len(places)) / len(places)
    if len(more):
        weights[len(states) :] = len(states) / len(more)
    return _ridge(torch.cat([states, more]), wanted, weights)


def _ridge(states: Tensor, wanted: Tensor, weights: Tensor | None = None) -> Tensor:
    """Find the direction ``[Du]`` along which states ``[n, Du]`` have what is wanted ``[n]``."""
    weighed = states if weights is None else states * weights[:, None]
    moment = weighed.T @ states
    ridge = _RIDGE * moment.diagonal().mean() * torch.eye(len(moment))
    solved: Tensor = torch.linalg.solve(moment + ridge, weighed.T @ wanted)
    return solved


def _logistic(values: Tensor, yes: Tensor, steps: int = 200) -> tuple[float, float]:
    """Fit ``slope * value + offset`` to the log odds of yes."""
    scale = float(values.std())
    parameters = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([parameters], max_iter=steps)

    def loss() -> Tensor:
        optimizer.zero_grad()
        odds = parameters[0] * values / scale + parameters[1]
        made = torch.nn.functional.binary_cross_entropy_with_logits(odds, yes.float())
        made.backward()
        return made

    with torch.enable_grad():
        optimizer.step(loss)
    slope, offset = parameters.detach().tolist()
    return slope / scale, offset


def yes_or_no_lessons(gallery: Gallery, count: int) -> list[Lesson]:
    """Make lessons that ask whether a subject is in a picture, seen as if a photograph."""
    made = (lesson(gallery, "recognise", default_rng([_SEED, number])) for number in range(count))
    return [replace(given, told=False, natural=True) for given in made]


def other_lessons(gallery: Gallery, count: int) -> list[Lesson]:
    """Make lessons whose answers are not of yes and no about who is in a picture."""
    made = []
    for number in range(count):
        rng = default_rng([_SEED, 1, number])
        made.append(lesson(gallery, _OTHERS[number % len(_OTHERS)], rng))
    return made


def _yes_less_no(reader: Reader) -> Tensor:
    """Return the direction ``[Du]`` of final states that makes "Yes" likelier than "No"."""
    ids = [reader.words.tokenizer.encode(word)[0] for word in ("Yes", "No")]
    rows = reader.model.language_model.output_rows(ids)
    if rows is None:
        raise InputError(f"{reader.model.config.name} keeps its vocabulary in few bits.")
    return (rows[0] - rows[1]).float()
