"""What the understanding stage reads: pictures, views of subjects, questions and answers.

A lesson is plain data: nothing in it depends on a model. Step n has the same lessons whenever
they are asked for. Naming comes first and stays beside recognition, which does not start alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, default_rng

from backbone.mini.episodes import Episode, recognition, who_is_this
from backbone.mini.pixels import Bytes
from backbone.mini.questions import Question, ask, questions
from backbone.mini.replay_text import text_example
from backbone.mini.views import View, masked_crop, subject_views
from backbone.mini.world import World

__all__ = ["LESSON_KINDS", "Lesson", "Turn", "lesson", "lessons", "of_episode", "view_picture"]

_SEED = 5
# pixels per side of a view's crop
_CROP = 128
# share of views that are whole photos, as when nobody cut the subject out
_WHOLE = 0.25
_FIRST_STEPS, _BLEND_STEPS = 150, 350
_EARLY = {"name": 0.35, "introduce": 0.15, "ask": 0.1, "know": 0.0, "recognise": 0.3, "who": 0.0}
_LATE = {"name": 0.1, "introduce": 0.08, "ask": 0.18, "know": 0.1, "recognise": 0.24, "who": 0.14}

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
    """Ask two questions about a scene."""
    scene = world.scene(rng)
    return Lesson("ask", _turns(questions(scene, rng, world.absent_names(rng)), 2), scene.image)


def _know(world: World, rng: Generator) -> Lesson:
    """Ask about a scene with somebody the model was introduced to."""
    subject = world.subject(rng)
    shown = subject_views(world, subject, int(rng.integers(1, 3)), rng)
    scene = world.scene(rng, subject=subject)
    turns = _turns(questions(scene, rng, world.absent_names(rng)), 2)
    pictures = tuple(view_picture(view, rng) for view in shown)
    return Lesson("know", turns, scene.image, ("sks",), (pictures,))


def _recognise(world: World, rng: Generator) -> Lesson:
    return of_episode("recognise", recognition(world, rng, views=int(rng.integers(1, 5))), rng)


def _who(world: World, rng: Generator) -> Lesson:
    registered = int(rng.integers(2, 7))
    shown = 1 if rng.random() < 0.75 else 2
    return of_episode("who", who_is_this(world, rng, registered=registered, shown=shown), rng)


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
    "recognise": _recognise,
    "who": _who,
    "read": _read,
}
LESSON_KINDS = tuple(_MAKERS)


def lesson(world: World, kind: str, rng: Generator) -> Lesson:
    """Make a lesson of a kind."""
    return _MAKERS[kind](world, rng)


def _odds(step: int) -> list[float]:
    """Mix the kinds: naming at first, then everything."""
    late = float(np.clip((step - _FIRST_STEPS) / _BLEND_STEPS, 0, 1))
    shares = [_EARLY[kind] * (1 - late) + _LATE[kind] * late for kind in LESSON_KINDS[:-1]]
    return [*shares, 1 - sum(shares)]


def lessons(world: World, step: int, count: int) -> list[Lesson]:
    """Make the lessons of a step."""
    made = []
    for number in range(count):
        rng = default_rng([_SEED, step, number])
        kind = LESSON_KINDS[int(rng.choice(len(LESSON_KINDS), p=_odds(step)))]
        made.append(lesson(world, kind, rng))
    return made
