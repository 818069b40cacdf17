"""Pictures of subjects that are made once and shown in ever new company.

Who is compared with whom changes every step; the pictures do not, so that a frozen encoder has
to look at each of them only once. Entries come in pairs of the same class.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.random import Generator, default_rng

from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes
from backbone.mini.views import masked_crop, subject_views
from backbone.mini.world import World

if TYPE_CHECKING:
    from backbone.mini.lessons import Lesson

__all__ = ["Gallery", "Shown"]

_SEED = 13
# pixels per side of a view's crop
_CROP = 128


@dataclass(frozen=True)
class Shown:
    """A subject and its views: whole pictures [S, S, 3], and masked crops [s, s, 3] of them."""

    subject: Subject
    pictures: tuple[Bytes, ...]
    crops: tuple[Bytes, ...]

    def view(self, number: int, *, whole: bool) -> Bytes:
        """Return a view as the whole picture, or as its crop."""
        return (self.pictures if whole else self.crops)[number]


class Gallery:
    """Hold pairs of subjects of one class; each is made when it is first asked for.

    ``lessons`` keeps lessons that are asked for again. Galleries that begin with another ``first``
    pair have other subjects.
    """

    def __init__(self, world: World, pairs: int, views: int = 4, first: int = 0) -> None:
        self.world, self.pairs, self.views, self.first = world, pairs, views, first
        self.made: dict[int, tuple[Shown, Shown]] = {}
        self.lessons: dict[tuple[str, int], Lesson] = {}

    def pair(self, number: int) -> tuple[Shown, Shown]:
        """Return two subjects of one class; the same ones whenever asked for."""
        if number not in self.made:
            rng = default_rng([_SEED, self.first + number])
            subject = self.world.subject(rng)
            other = self.world.sibling(subject, rng)
            self.made[number] = (self._show(subject, rng), self._show(other, rng))
        return self.made[number]

    def draw(self, rng: Generator) -> tuple[Shown, Shown]:
        """Draw a subject and one of the same class that it is not."""
        first, second = self.pair(int(rng.integers(self.pairs)))
        return (first, second) if rng.random() < 0.5 else (second, first)

    def others(self, rng: Generator, count: int) -> list[Shown]:
        """Draw different subjects, none of them a pair."""
        numbers = rng.choice(self.pairs, count, replace=False)
        return [self.pair(int(number))[int(rng.integers(2))] for number in numbers]

    def _show(self, subject: Subject, rng: Generator) -> Shown:
        views = subject_views(self.world, subject, self.views, rng)
        crops = tuple(masked_crop(view.image, view.mask, _CROP)[0] for view in views)
        return Shown(subject, tuple(view.image for view in views), crops)
