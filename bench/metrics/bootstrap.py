"""Intervals: how far a mean over subjects may be from what other subjects would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

__all__ = ["Interval", "bootstrap"]

_FEWEST = 2


@dataclass(frozen=True)
class Interval:
    """A mean and the bounds of its interval; ``cases`` is how many values it is of.

    A single value has no bounds: it says nothing of others.
    """

    mean: float
    low: float | None
    high: float | None
    cases: int


def bootstrap(
    values: Sequence[float], rng: Generator, *, share: float = 0.95, rounds: int = 2000
) -> Interval | None:
    """Return the percentile interval of a mean (Efron 1979), None of no values."""
    if not values:
        return None
    known = np.asarray(values, np.float64)
    if len(known) < _FEWEST:
        return Interval(float(known.mean()), None, None, len(known))
    drawn = known[rng.integers(len(known), size=(rounds, len(known)))].mean(axis=1)
    low, high = np.quantile(drawn, [(1 - share) / 2, (1 + share) / 2])
    return Interval(float(known.mean()), float(low), float(high), len(known))
