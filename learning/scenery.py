"""The subject on known scenes, and others there in its place.

Both come from the same scenes: if only the others did, a scene alone would mean no.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator
from PIL import Image

from backbone.mini.objects import Subject
from backbone.mini.places import PLACES
from backbone.mini.words import choose
from backbone.mini.world import World
from learning.examples import Negative

__all__ = ["View", "strangers", "views_of"]


@dataclass(frozen=True)
class View:
    """A picture of the subject, and where it is ("on the beach")."""

    image: Image.Image
    place: str


def views_of(
    subjects: Sequence[Subject], world: World, rng: Generator, number: int
) -> tuple[View, ...]:
    """Put cut-outs on ``number`` scenes, each in turn."""
    views = []
    for count in range(number):
        place = choose(world.places, rng)
        subject = subjects[count % len(subjects)]
        scene = world.scene(rng, subject=subject, place=place, others=0, small="")
        views.append(View(Image.fromarray(scene.image), choose(PLACES[place].phrases, rng)))
    return tuple(views)


def strangers(
    subjects: Sequence[Subject], class_word: str, world: World, rng: Generator, number: int
) -> tuple[Negative, ...]:
    """Show others on ``number`` scenes: another of the same class, and another thing, in turn."""
    found = []
    for count in range(number):
        alike = count % 2 == 0
        subject = subjects[count // 2 % len(subjects)]
        other = world.sibling(subject, rng) if alike else world.subject(rng, family="named")
        scene = world.scene(rng, subject=other, mentions=("",), others=0, small="")
        word = class_word if alike else other.class_word
        found.append(Negative(Image.fromarray(scene.image), word))
    return tuple(found)
