"""Recognition episodes: views that introduce subjects, a picture, a question about who is in it.

Negatives are hard on purpose: another instance of the same class, or another subject in a place
where the right one was seen.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from numpy.random import Generator

from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes
from backbone.mini.scene import Scene
from backbone.mini.views import View, subject_views
from backbone.mini.words import choose, joined
from backbone.mini.world import World

__all__ = ["Episode", "episode", "present_turn", "recognition", "who_is_this", "who_turn"]

_WORDS: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parent / "data" / "episodes.json").read_text("utf-8")
)


@dataclass(frozen=True)
class Episode:
    """Subjects introduced by views under ``names``, a picture [S, S, 3], question and answer.

    ``kind`` says how the negative was made; ``key`` is "yes", "no", the names in order, or "".
    """

    kind: str
    names: tuple[str, ...]
    subjects: tuple[Subject, ...]
    views: tuple[tuple[View, ...], ...]
    scene: Scene
    question: str
    answer: str
    key: str

    @property
    def image(self) -> Bytes:
        """Give the picture that is asked about."""
        return self.scene.image


def _query(world: World, rng: Generator, subjects: tuple[Subject, ...], place: str | None) -> Scene:
    """Show subjects without saying who they are."""
    blank = ("",) * len(subjects)
    if len(subjects) == 1 and rng.random() < 0.5:
        return subject_views(world, subjects[0], 1, rng, place=place)[0].scene
    return world.scene(rng, subjects=subjects, mentions=blank, place=place)


def recognition(
    world: World,
    rng: Generator,
    *,
    views: int = 2,
    split: str = "train",
    name: str = "<sks>",
    present: bool | None = None,
) -> Episode:
    """Ask whether a subject is in a picture; half of the pictures have it."""
    subject = world.subject(rng, split=split)
    shown = subject_views(world, subject, views, rng)
    present = bool(rng.random() < 0.5) if present is None else present
    kind, place, seen = "present", None, subject
    if not present:
        way = rng.random()
        if way < 0.5:
            kind, seen = "same class", world.sibling(subject, rng)
        else:
            seen = world.subject(rng, split=split)
            while seen.name == subject.name:
                seen = world.subject(rng, split=split)
            kind = "same place" if way < 0.75 else "other"
            place = shown[0].scene.place if kind == "same place" else None
    scene = _query(world, rng, (replace(seen),), place)
    key = "yes" if present else "no"
    question, answer = present_turn(rng, name, present=present)
    return Episode(kind, (name,), (subject,), (shown,), scene, question, answer, key)


def present_turn(rng: Generator, name: str, *, present: bool) -> tuple[str, str]:
    """Ask whether a subject is in a picture, and answer."""
    question = choose(_WORDS["present"]["ask"], rng).format(m=name)
    answer = choose(_WORDS["present"]["yes" if present else "no"], rng).format(m=name)
    return question, answer


def who_turn(rng: Generator, said: list[str]) -> tuple[str, str]:
    """Ask who is in a picture, and answer with those names."""
    form = "unknown" if not said else "known" if len(said) == 1 else "several"
    answer = choose(_WORDS["who"][form], rng).format(m=joined(said))
    return choose(_WORDS["who"]["ask"], rng), answer


def _strangers(world: World, rng: Generator, number: int, split: str) -> tuple[Subject, ...]:
    """Draw different subjects, some of them alike."""
    drawn: list[Subject] = []
    while len(drawn) < number:
        alike = bool(drawn) and rng.random() < 0.3
        subject = world.sibling(drawn[-1], rng) if alike else world.subject(rng, split=split)
        if all(subject.cutout is not other.cutout for other in drawn):
            drawn.append(subject)
    return tuple(drawn)


def who_is_this(
    world: World,
    rng: Generator,
    *,
    registered: int = 5,
    views: int = 1,
    shown: int = 1,
    split: str = "train",
) -> Episode:
    """Ask who of several registered subjects is in a picture; one time in five it is none.

    ``shown`` subjects are in the picture.
    """
    cast = _strangers(world, rng, registered + 1, split)
    known, stranger = cast[:registered], cast[registered]
    names = tuple(f"<sks{index + 1}>" for index in range(registered))
    here = sorted(int(index) for index in rng.permutation(registered)[:shown])
    nobody = bool(rng.random() < 0.2)
    seen = (stranger,) if nobody else tuple(known[index] for index in here)
    scene = _query(world, rng, seen, None)
    said = [] if nobody else [names[index] for index in here]
    question, answer = who_turn(rng, said)
    introduced = tuple(subject_views(world, subject, views, rng) for subject in known)
    kind = "nobody" if nobody else "who" if shown == 1 else "several"
    return Episode(kind, names, known, introduced, scene, question, answer, joined(said))


def episode(world: World, rng: Generator, *, views: int = 2, split: str = "train") -> Episode:
    """Draw an episode: mostly recognition, else who-is-this with one or two in the picture."""
    way = rng.random()
    if way < 0.6:
        return recognition(world, rng, views=views, split=split)
    registered = int(rng.integers(2, 7))
    shown = 1 if way < 0.85 else 2
    return who_is_this(world, rng, registered=registered, views=1, shown=shown, split=split)
