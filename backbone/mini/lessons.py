"""What the understanding stage reads: pictures, views of subjects, questions and answers.

A lesson is plain data: nothing in it depends on a model. Step n has the same lessons whenever
they are asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.random import Generator, default_rng

from backbone.mini.episodes import Episode, present_turn, who_is_this, who_turn
from backbone.mini.gallery import Gallery, Shown
from backbone.mini.pixels import Bytes
from backbone.mini.questions import Question, ask, questions
from backbone.mini.replay_text import text_example
from backbone.mini.views import View, masked_crop, subject_views
from backbone.mini.words import sentence
from backbone.mini.world import World

__all__ = ["LESSON_KINDS", "Lesson", "Look", "Turn", "lesson", "lessons", "of_episode"]
__all__ += ["view_picture"]

_SEED = 5
# pixels per side of a view's crop
_CROP = 128
# share of views that are whole photos, as when nobody cut the subject out
_WHOLE = 0.25
# shares of the kinds of lessons; texts are the rest
_SHARES = {"name": 0.08, "introduce": 0.05, "ask": 0.32, "know": 0.06, "recognise": 0.1}
_SHARES |= {"who": 0.05, "several": 0.02}
# share of recognition that is told how alike the photos are
_TOLD = 0.3
# share of answers about a scene without words around the fact, so that more of what is learned
# from has to be seen
_BARE = 0.8
# kinds whose answers are always brief: these begin by construction (`seeing`)
_BRIEF = ("place", "count", "time", "weather", "colour")
# share of lessons whose pictures pass for photographs
_NATURAL = 0.7

Turn = tuple[str, str]


@dataclass(frozen=True)
class Lesson:
    """Concepts with the pictures that introduce them, a picture perhaps, questions and answers.

    ``names`` stand in the texts as ``<name>``; pictures are [S, S, 3].
    """

    kind: str
    turns: tuple[Turn, ...]
    image: Bytes | None = None
    names: tuple[str, ...] = ()
    views: tuple[tuple[Bytes, ...], ...] = ()
    # further pictures, each with its own questions
    more: tuple["Look", ...] = ()
    # before a picture's questions say how alike it and each concept's views are
    told: bool = False
    # see the pictures as if they were photographs, not composed
    natural: bool = False


@dataclass(frozen=True)
class Look:
    """Another picture and what is asked about it."""

    image: Bytes
    turns: tuple[Turn, ...]


def view_picture(view: View, rng: Generator) -> Bytes:
    """Show a view as its masked crop, or now and then as the whole photo."""
    if rng.random() < _WHOLE:
        return view.image
    return masked_crop(view.image, view.mask, _CROP)[0]


def of_episode(kind: str, given: Episode, rng: Generator) -> Lesson:
    """Turn an episode into a lesson."""
    names = tuple(name.strip("<>") for name in given.names)
    views = tuple(tuple(view_picture(v, rng) for v in shown) for shown in given.views)
    return Lesson(kind, ((given.question, given.answer),), given.image, names, views)


def _turns(asked: tuple[Question, ...], most: int) -> tuple[Turn, ...]:
    return tuple((q.question, q.answer) for q in asked[:most])


def _name(world: World, rng: Generator) -> Lesson:
    """Name what a scene shows, or what a masked crop shows."""
    if rng.random() < 0.3:
        subject = world.subject(rng, family="named")
        view = subject_views(world, subject, 1, rng)[0]
        image = masked_crop(view.image, view.mask, _CROP)[0]
        return Lesson("name", (("What is this?", f"{subject.name}."),), image)
    scene = world.scene(rng, subject=None)
    kinds = ("class", "describe")
    made = tuple(q for q in (ask(scene, kind, rng) for kind in kinds) if q is not None)
    return Lesson("name", _turns(made, 2), scene.image)


def _introduce(world: World, rng: Generator) -> Lesson:
    """Say what a subject is from its rows alone."""
    shown = subject_views(world, world.subject(rng), int(rng.integers(1, 4)), rng)
    scene = shown[0].scene
    made = tuple(q for q in (ask(scene, kind, rng) for kind in ("class", "colour")) if q)
    pictures = tuple(view_picture(view, rng) for view in shown)
    turns = _turns(made, 2) or (("What is <sks>?", f"{scene.objects[0].subject.class_word}."),)
    return Lesson("introduce", turns, None, ("sks",), (pictures,))


def _ask(world: World, rng: Generator) -> Lesson:
    """Ask three questions about a scene; mostly the bare fact is the answer."""
    scene = world.scene(rng)
    asked = questions(scene, rng, world.absent_names(rng))[:3]
    turns = (
        (q.question, _bare(q) if q.kind in _BRIEF or rng.random() < _BARE else q.answer)
        for q in asked
    )
    return Lesson("ask", tuple(turns), scene.image)


def _bare(asked: Question) -> str:
    return asked.answer if asked.kind == "describe" else f"{sentence(asked.key)}."


def _know(world: World, rng: Generator) -> Lesson:
    """Ask about a scene with somebody the model was introduced to."""
    subject = world.subject(rng)
    shown = subject_views(world, subject, int(rng.integers(1, 3)), rng)
    scene = world.scene(rng, subject=subject)
    turns = _turns(questions(scene, rng, world.absent_names(rng)), 2)
    pictures = tuple(view_picture(view, rng) for view in shown)
    return Lesson("know", turns, scene.image, ("sks",), (pictures,))


def _views(shown: Shown, numbers: list[int], rng: Generator) -> tuple[Bytes, ...]:
    """Show views as crops, as whole photos, or as both, which is how a product has them."""
    way = rng.random()
    crops = tuple(shown.view(n, whole=False) for n in numbers)
    whole = tuple(shown.view(n, whole=True) for n in numbers)
    return crops + whole if way < 0.4 else crops if way < 0.8 else whole


def _recognise(gallery: Gallery, rng: Generator) -> Lesson:
    """Ask, by even odds of either answer, whether a subject is in a picture."""
    subject, twin = gallery.draw(rng)
    order = [int(n) for n in rng.permutation(gallery.views)]
    told = bool(rng.random() < _TOLD)
    views = _views(subject, order[1 : 1 + int(rng.integers(1, gallery.views))], rng)
    present = bool(rng.random() < 0.5)
    other = twin if rng.random() < 0.35 else gallery.others(rng, 1)[0]
    seen = subject if present or other is subject else other
    picture = seen.view(order[0], whole=bool(rng.random() < 0.5))
    turn = present_turn(rng, "<sks>", present=seen is subject)
    return Lesson("recognise", (turn,), picture, ("sks",), (views,), (), told)


def _who(gallery: Gallery, rng: Generator) -> Lesson:
    """Ask who of several is in two pictures; one time in five it is nobody."""
    count = int(rng.choice((2, 3, 4, 6, 10), p=(0.2, 0.25, 0.25, 0.2, 0.1)))
    *cast, stranger = gallery.others(rng, count + 1)
    names = tuple(f"sks{number + 1}" for number in range(count))
    views = tuple(_views(s, [int(rng.integers(1, gallery.views))], rng) for s in cast)
    looks = []
    for _ in range(2):
        at = int(rng.integers(count)) if rng.random() < 0.8 else -1
        seen = cast[at] if at >= 0 else stranger
        turn = who_turn(rng, [f"<{names[at]}>"] if at >= 0 else [])
        looks.append(Look(seen.view(0, whole=bool(rng.random() < 0.5)), (turn,)))
    first, told = looks[0], bool(rng.random() < _TOLD)
    return Lesson("who", first.turns, first.image, names, views, (looks[1],), told)


def _several(world: World, rng: Generator) -> Lesson:
    """Ask who is in a picture of two."""
    registered = int(rng.integers(2, 7))
    return of_episode("who", who_is_this(world, rng, registered=registered, shown=2), rng)


def _read(world: World, rng: Generator) -> Lesson:
    """Read a text; half of the time somebody in it has rows."""
    example = text_example(rng)
    found = re.findall(r"<([^<>\s]+)>", example.prompt)
    turns = ((example.prompt, example.answer),)
    if not found or rng.random() < 0.5:
        return Lesson("read", turns)
    view = subject_views(world, world.subject(rng), 1, rng)[0]
    # The one asked about: the last name of the prompt.
    return Lesson("read", turns, None, (found[-1],), ((view_picture(view, rng),),))


_MAKERS: dict[str, Callable[[World, Generator], Lesson]] = {
    "name": _name,
    "introduce": _introduce,
    "ask": _ask,
    "know": _know,
    "several": _several,
    "read": _read,
}
_COMPARED: dict[str, Callable[[Gallery, Generator], Lesson]] = {
    "recognise": _recognise,
    "who": _who,
}
LESSON_KINDS = ("name", "introduce", "ask", "know", "recognise", "who", "several", "read")


def lesson(gallery: Gallery, kind: str, rng: Generator) -> Lesson:
    """Make a lesson of a kind."""
    if kind in _COMPARED:
        return _COMPARED[kind](gallery, rng)
    return _MAKERS[kind](gallery.world, rng)


def _odds() -> list[float]:
    shares = [_SHARES[kind] for kind in LESSON_KINDS[:-1]]
    return [*shares, 1 - sum(shares)]


def lessons(
    gallery: Gallery, step: int, count: int, pool: int = 0, texts: float = 0
) -> list[Lesson]:
    """Make the lessons of a step; of a share of ``texts`` all are texts, beside the usual ones.

    With a pool, lessons about pictures are some of so many of their kind, so that few pictures
    are new.
    """
    made = []
    for number in range(count):
        rng = default_rng([_SEED, step, number])
        kind = LESSON_KINDS[int(rng.choice(len(LESSON_KINDS), p=_odds()))]
        kind = "read" if texts and rng.random() < texts else kind
        if pool and kind not in (*_COMPARED, "read"):
            given = _pooled(gallery, kind, int(rng.integers(pool)))
        else:
            given = lesson(gallery, kind, rng)
        made.append(replace(given, natural=bool(rng.random() < _NATURAL)))
    return made


def _pooled(gallery: Gallery, kind: str, number: int) -> Lesson:
    key = (kind, number)
    if key not in gallery.lessons:
        rng = default_rng([_SEED, 1, LESSON_KINDS.index(kind), number])
        gallery.lessons[key] = lesson(gallery, kind, rng)
    return gallery.lessons[key]
