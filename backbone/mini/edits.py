"""Exact edits: a scene before and after, the instruction, and the mask of what changed.

Both pictures come from the same layout with one thing different, so they agree bit by bit
outside the mask. Templates live in ``data/edits.json``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from backbone.mini import arrangement
from backbone.mini.captions import phrase_of
from backbone.mini.colours import COLOURS, tinted
from backbone.mini.light import TIMES, WEATHERS
from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes
from backbone.mini.places import PLACES
from backbone.mini.scene import Layout, Mask, Placed, Scene, render
from backbone.mini.words import choose, sentence, with_article
from backbone.mini.world import World
from omni_errors import InputError

__all__ = ["EDITS", "EditTriplet", "edit"]

_WORDS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "edits.json").read_text("utf-8")
)
_FEWEST = 40
# how often a subject that can be changed in place fills most of the picture, and how much of it
_CLOSE, _CLOSE_REACH = 0.4, (0.65, 0.95)
_IN_PLACE = ("remove", "background", "recolour")
# the same where there has to be room beside it
_ADD_CLOSE, _ADD_REACH = 0.5, (0.45, 0.75)


@dataclass(frozen=True)
class EditTriplet:
    """Source and target pictures [S, S, 3], the instruction between them, what changed [S, S].

    ``wanted`` is the fact the target has to show: a colour, place, time, weather, side or name.
    """

    kind: str
    source: Bytes
    instruction: str
    target: Bytes
    mask: Mask
    before: Scene
    after: Scene
    wanted: str = ""


@dataclass(frozen=True)
class _Change:
    """What to do to a layout, in words and as layouts."""

    before: Layout
    after: Layout
    instruction: str
    wanted: str = ""


def _the(placed: Placed) -> str:
    return placed.mention or f"the {placed.subject.class_word}"


def _without(layout: Layout, index: int) -> Layout:
    kept = layout.objects[:index] + layout.objects[index + 1 :]
    return replace(layout, objects=kept)


def _instead(layout: Layout, index: int, placed: Placed) -> Layout:
    objects = (*layout.objects[:index], placed, *layout.objects[index + 1 :])
    return replace(layout, objects=objects)


def _target(layout: Layout, rng: Generator) -> int:
    """Choose the object to change: the main one mostly."""
    number = len(layout.objects)
    return 0 if number == 1 or rng.random() < 0.7 else int(rng.integers(1, number))


def _remove(world: World, rng: Generator, layout: Layout) -> _Change:
    index = _target(layout, rng)
    placed = layout.objects[index]
    templates = _WORDS["remove" if placed.mention else "remove named"]
    text = choose(templates, rng).format(m=_the(placed), **{"class": placed.subject.class_word})
    # The paper's template stays as it is written there.
    text = text if text.startswith("remove ") else sentence(text)
    after = _without(layout, index)
    if placed.role != "small":
        after = replace(after, objects=tuple(item for item in after.objects if not item.worn))
    return _Change(layout, after, text)


def _add(world: World, rng: Generator, layout: Layout) -> _Change:
    layout = replace(layout, objects=layout.objects[:1])
    main = layout.objects[0]
    if rng.random() < 0.4:
        text = choose(_WORDS["add"], rng).format(a=phrase_of(main, rng))
        return _Change(replace(layout, objects=()), layout, sentence(text), main.subject.name)
    name = choose([name for name in world.small if name != main.subject.name], rng)
    added = arrangement.beside(world.small[name], main, rng)
    after = replace(layout, objects=(main, added))
    words = {"a": with_article(name), "m": _the(main)}
    text = choose(_WORDS["add beside"], rng).format_map(words)
    return _Change(layout, after, sentence(text), name)


def _move(world: World, rng: Generator, layout: Layout) -> _Change:
    layout = replace(layout, objects=layout.objects[:1])
    main = layout.objects[0]
    side = choose([word for word in ("left", "middle", "right") if word != main.side], rng)
    middle = {"left": 0.2, "middle": 0.5, "right": 0.8}[side]
    half = main.width / 2
    x = float(np.clip(middle + rng.uniform(-0.04, 0.04), half, max(1 - half, half)))
    text = choose(_WORDS["move"], rng).format(m=_the(main), side=side)
    return _Change(layout, _instead(layout, 0, replace(main, x=x)), sentence(text), side)


def _background(world: World, rng: Generator, layout: Layout) -> _Change:
    # Only the backdrop may change, so there is plain light before and after.
    layout = replace(layout, weather="clear" if layout.weather else "", seed=layout.seed)
    layout = replace(layout, time="day" if layout.time else "")
    grounded = layout.objects[0].grounded
    old = layout.backdrop.place
    fits = [n for n, p in PLACES.items() if n != old and p.floats != grounded]
    name = choose(fits, rng)
    backdrop = world.backdrops.take(name, rng)
    light = PLACES[name].light
    after = replace(
        layout,
        backdrop=backdrop,
        time="day" if light else "",
        weather="clear" if light else "",
    )
    slots = {"where": choose(PLACES[name].phrases, rng), "m": _the(layout.objects[0])}
    return _Change(
        layout, after, sentence(choose(_WORDS["background"], rng).format_map(slots)), name
    )


def _recolour(world: World, rng: Generator, layout: Layout) -> _Change:
    index = _target(layout, rng)
    placed = layout.objects[index]
    colour = choose([name for name in COLOURS if name != placed.subject.colour], rng)
    painted = _painted(placed.subject, colour, rng)
    text = choose(_WORDS["recolour"], rng).format(m=_the(placed), colour=colour)
    after = _instead(layout, index, replace(placed, subject=painted))
    return _Change(layout, after, sentence(text), colour)


def _painted(subject: Subject, colour: str, rng: Generator) -> Subject:
    cutout = tinted(subject.cutout, colour, rng)
    return replace(
        subject, name=f"{colour} {subject.class_word}", cutout=cutout, colour=colour, clear=True
    )


def _time(world: World, rng: Generator, layout: Layout) -> _Change:
    wanted = choose([word for word in TIMES if word != layout.time], rng)
    text = choose(_WORDS[wanted], rng)
    return _Change(layout, replace(layout, time=wanted), text, wanted)


def _weather(world: World, rng: Generator, layout: Layout) -> _Change:
    wanted = choose([word for word in WEATHERS if word != layout.weather], rng)
    text = choose(_WORDS[wanted], rng)
    return _Change(layout, replace(layout, weather=wanted), text, wanted)


def _replace(world: World, rng: Generator, layout: Layout) -> _Change:
    index = _target(layout, rng)
    placed = layout.objects[index]
    names = [name for name in world.small if name != placed.subject.name]
    name = choose(names, rng)
    new = replace(placed, subject=world.small[name], mention="", angle=0.0)
    text = choose(_WORDS["replace"], rng).format(m=_the(placed), a=with_article(name))
    return _Change(layout, _instead(layout, index, new), sentence(text), name)


_CHANGES: dict[str, Callable[[World, Generator, Layout], _Change]] = {
    "remove": _remove,
    "add": _add,
    "move": _move,
    "background": _background,
    "recolour": _recolour,
    "time": _time,
    "weather": _weather,
    "replace": _replace,
}
EDITS = tuple(_CHANGES)
_OUTDOORS = tuple(name for name, place in PLACES.items() if place.light)


def _source(world: World, rng: Generator, kind: str, subject: Subject | None, split: str) -> Layout:
    """Compose a scene that the kind of edit can change."""
    if subject is None and rng.random() < 0.6:
        subject = world.subject(rng, split=split)
    place = choose(_OUTDOORS, rng) if kind in ("time", "weather") else None
    scene = world.scene(rng, subject=subject, place=place, count=1, others=0, split=split)
    layout = scene.layout
    if kind in _IN_PLACE and rng.random() < _CLOSE:
        return _closer(layout, rng, _CLOSE_REACH)
    if kind == "add" and rng.random() < _ADD_CLOSE:
        return _closer(layout, rng, _ADD_REACH)
    if kind in ("move", "add") or rng.random() < 0.6:
        return layout
    name = choose(list(world.small), rng)
    if world.small[name].class_word == layout.objects[0].subject.class_word:
        return layout
    extra = arrangement.beside(world.small[name], layout.objects[0], rng)
    return replace(layout, objects=(*layout.objects, extra))


def _closer(layout: Layout, rng: Generator, reaches: tuple[float, float]) -> Layout:
    """Let the first object fill most of the picture, as in a photo of it."""
    main, reach = layout.objects[0], float(rng.uniform(*reaches))
    near = arrangement.stand(
        main.subject, layout.backdrop, rng, float(rng.normal(0.5, 0.06)), reach
    )
    return replace(layout, objects=(replace(near, mention=main.mention, role=main.role),))


def edit(
    world: World,
    rng: Generator,
    kind: str = "",
    *,
    subject: Subject | None = None,
    split: str = "train",
) -> EditTriplet:
    """Make one edit; without a kind, one is drawn.

    Raises:
        InputError: if the kind is unknown.
    """
    kind = kind or choose(EDITS, rng)
    if kind not in _CHANGES:
        raise InputError(f"Unknown kind of edit {kind!r}.", hint=f"Known: {', '.join(EDITS)}.")
    while True:
        change = _CHANGES[kind](world, rng, _source(world, rng, kind, subject, split))
        before, after = render(change.before), render(change.after)
        mask = (before.image != after.image).any(-1)
        # A grey thing painted grey changes nothing anyone could see.
        if mask.sum() >= _FEWEST:
            break
    return EditTriplet(
        kind, before.image, change.instruction, after.image, mask, before, after, change.wanted
    )
