"""Which photos are learned from and which are asked about."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from numpy.random import Generator

__all__ = ["leave_out"]

Thing = TypeVar("Thing")


def leave_out(
    photos: Sequence[Thing],
    wanted: int,
    rng: Generator,
    may: Callable[[Thing], bool] = lambda photo: True,
) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    """Keep ``wanted`` photos that may be asked about, fewer of few: at least half are learned."""
    held = min(wanted, len(photos) // 2)
    mixed = (int(n) for n in rng.permutation(len(photos)))
    chosen = {*[n for n in mixed if may(photos[n])][:held]}
    learned = tuple(photo for n, photo in enumerate(photos) if n not in chosen)
    return learned, tuple(photo for n, photo in enumerate(photos) if n in chosen)
