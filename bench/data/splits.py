"""Which photos are learned from and which are asked about."""

from collections.abc import Sequence
from typing import TypeVar

from numpy.random import Generator

__all__ = ["leave_out"]

Thing = TypeVar("Thing")


def leave_out(
    photos: Sequence[Thing], wanted: int, rng: Generator
) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    """Keep ``wanted`` photos for asking, fewer of few: at least half are learned from."""
    held = min(wanted, len(photos) // 2)
    chosen = {int(n) for n in rng.permutation(len(photos))[:held]}
    learned = tuple(photo for n, photo in enumerate(photos) if n not in chosen)
    return learned, tuple(photo for n, photo in enumerate(photos) if n in chosen)
