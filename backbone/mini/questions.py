"""Questions and short answers on a scene, from its ground truth.

Every yes/no question is drawn with even odds for both answers. Templates live in
``data/questions.json``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.random import Generator

from backbone.mini.captions import description, noun_of
from backbone.mini.colours import COLOURS
from backbone.mini.places import PLACES
from backbone.mini.scene import Placed, Scene
from backbone.mini.words import NUMBERS, choose, is_plural, plural, sentence, with_article

__all__ = ["KINDS", "Question", "ask", "questions", "ways_to_say"]

_WORDS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "questions.json").read_text("utf-8")
)


@dataclass(frozen=True)
class Question:
    """A question with its answer; ``key`` is the bare fact, for scoring ("red", "yes", "two")."""

    kind: str
    question: str
    answer: str
    key: str


def _asked(kind: str, key: str, rng: Generator, **slots: str) -> Question:
    """Fill the templates of one kind."""
    filled = {"a": key, "A": sentence(key), **slots}
    text = choose(_WORDS[kind]["ask"], rng).format_map(filled)
    answer = choose(_WORDS[kind]["answer"], rng).format_map(filled)
    return Question(kind, sentence(text), sentence(answer), key)


def _the(placed: Placed) -> str:
    """Point at an object: by placeholder or class word."""
    return placed.mention or f"the {placed.subject.class_word}"


def _pick(scene: Scene, rng: Generator) -> Placed:
    """Choose an object whose class word stands for it alone."""
    words = [item.subject.class_word for item in scene.objects]
    single = [item for item in scene.objects if words.count(item.subject.class_word) == 1]
    return single[int(rng.integers(len(single)))] if single else scene.objects[0]


def _class(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    placed = scene.objects[0]
    if placed.role != "main" or len(scene.objects) > 1 and not placed.mention:
        return None
    key = with_article(placed.subject.class_word)
    slots = {"a": key, "A": sentence(key)}
    asks = _WORDS["class"]["ask"] if placed.mention else _WORDS["class"]["main"]
    text = choose(asks, rng).format(it=placed.mention)
    answer = sentence(choose(_WORDS["class"]["answer"], rng).format_map(slots))
    return Question("class", text, answer, placed.subject.class_word)


def _colour(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    placed = _pick(scene, rng)
    if not placed.subject.clear or is_plural(placed.subject.class_word):
        return None
    the, colour = _the(placed), placed.subject.colour
    if rng.random() < 0.3:
        wrong = choose([name for name in COLOURS if name != colour], rng)
        return _check("colour", rng, lambda true: {"the": the, "colour": colour if true else wrong})
    return _asked("colour", colour, rng, the=the, The=sentence(the))


def _place(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    if not scene.place:
        return None
    if rng.random() < 0.3:
        wrong = choose([name for name in PLACES if name != scene.place], rng)
        right = choose(PLACES[scene.place].phrases, rng)
        other = choose(PLACES[wrong].phrases, rng)
        return _check("place", rng, lambda true: {"where": right if true else other})
    made = _asked(
        "place", choose(PLACES[scene.place].phrases, rng), rng, the=_the(_pick(scene, rng))
    )
    return Question("place", made.question, made.answer, scene.place)


def _count(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    placed = scene.objects[0]
    if placed.mention or is_plural(placed.subject.class_word):
        return None
    word = placed.subject.class_word
    number = sum(item.subject.class_word == word for item in scene.objects)
    are = "is" if number == 1 else "are"
    return _asked("count", NUMBERS[min(number, 5)], rng, things=plural(word), are=are)


def _position(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    placed = _pick(scene, rng)
    if any(item.role == "copy" for item in scene.objects):
        return None
    the = _the(placed)
    made = _asked("position", _WORDS["words"][placed.side][0], rng, the=the, The=sentence(the))
    return Question("position", made.question, made.answer, placed.side)


def _time(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    if not scene.time:
        return None
    if rng.random() < 0.3:
        wrong = choose([name for name in ("day", "night", "sunset") if name != scene.time], rng)
        return _check("time", rng, lambda true: {"when": scene.time if true else wrong})
    made = _asked("time", choose(_WORDS["words"][scene.time], rng), rng)
    return Question("time", made.question, made.answer, scene.time)


def _weather(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    if not scene.weather:
        return None
    made = _asked("weather", choose(_WORDS["words"][scene.weather], rng), rng)
    return Question("weather", made.question, made.answer, scene.weather)


def _check(kind: str, rng: Generator, fill: Callable[[bool], dict[str, str]]) -> Question:
    """Ask whether something is so; half of the time it is."""
    true = bool(rng.random() < 0.5)
    key = "yes" if true else "no"
    text = choose(_WORDS["check"][kind], rng).format_map(fill(true))
    return Question(f"{kind} check", sentence(text), choose(_WORDS["check"][key], rng), key)


def _presence(scene: Scene, rng: Generator, absent: tuple[str, ...]) -> Question | None:
    here = {item.subject.class_word for item in scene.objects}
    here |= {word for item in scene.objects for word in item.subject.name.split()}
    away = [name for name in absent if not here & {name, *name.split()}]
    true = bool(rng.random() < 0.5) or not away
    thing = noun_of(_pick(scene, rng), rng) if true else choose(away, rng)
    key = "yes" if true else "no"
    text = choose(_WORDS["presence"]["ask"], rng).format(a_thing=with_article(thing))
    return Question("presence", sentence(text), choose(_WORDS["presence"][key], rng), key)


def _describe(scene: Scene, rng: Generator, _: tuple[str, ...]) -> Question | None:
    answer = description(scene, rng)
    return Question("describe", choose(_WORDS["describe"]["ask"], rng), answer, answer)


_MAKERS: dict[str, Callable[[Scene, Generator, tuple[str, ...]], Question | None]] = {
    "class": _class,
    "colour": _colour,
    "place": _place,
    "count": _count,
    "position": _position,
    "time": _time,
    "weather": _weather,
    "presence": _presence,
    "describe": _describe,
}
KINDS = tuple(_MAKERS)


def ask(
    scene: Scene, kind: str, rng: Generator, absent: tuple[str, ...] = ("cat", "car")
) -> Question | None:
    """Ask one kind of question; None where the scene has no answer to it.

    ``absent`` are names of things to ask for in vain.
    """
    return _MAKERS[kind](scene, rng, absent)


def ways_to_say(kind: str, key: str) -> tuple[str, ...]:
    """List the phrases that give the fact ``key`` in an answer to a kind of question."""
    if kind == "place":
        return (key, *PLACES[key].phrases)
    if kind in ("time", "weather", "position"):
        return (key, *_WORDS["words"][key])
    return (key,)


def questions(
    scene: Scene, rng: Generator, absent: tuple[str, ...] = ("cat", "car")
) -> tuple[Question, ...]:
    """Ask every kind of question that the scene can answer, in random order."""
    order = [KINDS[index] for index in rng.permutation(len(KINDS))]
    made = (ask(scene, kind, rng, absent) for kind in order)
    return tuple(question for question in made if question is not None)
