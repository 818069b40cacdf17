"""Captions of a scene in many phrasings, from its ground truth.

A subject with a placeholder is called by it ("<sks> in the snow at night, next to a red apple");
everything else by colour and name. Templates live in ``data/captions.json``.
"""

import json
from pathlib import Path
from typing import Any

from numpy.random import Generator

from backbone.mini.places import PLACES
from backbone.mini.scene import Placed, Scene
from backbone.mini.words import (
    NUMBERS,
    choose,
    is_plural,
    joined,
    plural,
    sentence,
    tidy,
    with_article,
)

__all__ = ["caption", "description", "noun_of", "phrase_of", "request", "where_phrase"]

_WORDS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "captions.json").read_text("utf-8")
)


def noun_of(placed: Placed, rng: Generator) -> str:
    """Name a thing without an article: by its name, or by colour and class."""
    subject = placed.subject
    if placed.role == "small" or rng.random() < 0.5 or not subject.clear:
        return subject.name
    if subject.class_word.split()[0] == subject.colour:
        return subject.class_word
    return f"{subject.colour} {subject.class_word}"


def phrase_of(placed: Placed, rng: Generator, *, count: int = 1, size: bool = False) -> str:
    """Name a thing as it is named in a caption: placeholder, or article and noun."""
    if placed.mention:
        named = choose(_WORDS["named"], rng)
        return named.format(m=placed.mention, **{"class": placed.subject.class_word})
    noun = noun_of(placed, rng)
    if size and placed.size_word and count == 1:
        noun = f"{choose(_WORDS['sizes'][placed.size_word], rng)} {noun}"
    if count > 1:
        return f"{NUMBERS[count]} {plural(noun)}"
    return with_article(noun)


def where_phrase(place: str, rng: Generator) -> str:
    """Say where, "" for a photograph."""
    return choose(PLACES[place].phrases if place else _WORDS["photo"], rng)


def _count(scene: Scene) -> int:
    return 1 + sum(item.role == "copy" for item in scene.objects)


def _company(scene: Scene, rng: Generator) -> str:
    """Name the other objects: worn, beside, or just there too."""
    parts = []
    for item in scene.objects:
        if item.role == "small":
            kind = "worn" if item.worn else "beside"
            parts.append(choose(_WORDS[kind], rng).format(o=phrase_of(item, rng)))
    others = [phrase_of(item, rng) for item in scene.objects if item.role == "other"]
    if others:
        parts.append(choose(_WORDS["others"], rng).format(o=joined(others)))
    return " ".join(parts)


def _slots(scene: Scene, rng: Generator) -> dict[str, str]:
    """Fill every slot that a template may have."""
    main, count = scene.objects[0], _count(scene)
    thing = phrase_of(main, rng, count=count, size=rng.random() < 0.7)
    several = count > 1 or (not main.mention and is_plural(main.subject.name))
    side = choose(_WORDS["sides"][main.side], rng) if count == 1 else ""
    if not main.grounded and count == 1 and rng.random() < 0.5:
        side = choose(_WORDS["levels"][main.level], rng)
    return {
        "s": thing,
        "S": thing,
        "is": "are" if several else "is",
        "This": "These are" if several else "This is",
        "where": where_phrase(scene.place, rng),
        "when": choose(_WORDS["when"].get(scene.time, ("",)), rng),
        "weather": choose(_WORDS["weather"].get(scene.weather, ("",)), rng),
        "with": _company(scene, rng),
        "side": side if rng.random() < 0.5 else "",
    }


def caption(scene: Scene, rng: Generator) -> str:
    """Say what to draw so that this scene would be an answer; no capital, no full stop."""
    slots = _slots(scene, rng)
    head = choose(_WORDS["heads"], rng).format_map(slots)
    tail = choose(_WORDS["tails"], rng).format_map(slots)
    return tidy(f"{head} {slots['side'] if rng.random() < 0.5 else ''} {tail}")


def request(scene: Scene, rng: Generator) -> str:
    """Ask for the scene as a user would ("Draw <sks> on the beach.")."""
    return sentence(choose(_WORDS["requests"], rng).format(c=caption(scene, rng)))


def description(scene: Scene, rng: Generator) -> str:
    """Describe the scene in one sentence, as an answer."""
    slots = _slots(scene, rng)
    # "A cup is." needs a place to be a sentence.
    placed = slots["where"] or slots["side"]
    templates = _WORDS["sentences"] if placed else _WORDS["sentences"][2:]
    return sentence(choose(templates, rng).format_map(slots))
