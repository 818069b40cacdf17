"""Whether a judge and an encoder can be believed: shown things that are known to be wrong.

Every judge and encoder of a run is put to these tests, and so are two that must fail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.judges.judge import AskedAnswer, AskedPicture, Judge
from bench.metrics.encoders import ImageEncoder
from bench.metrics.similarity import cosines

__all__ = ["Tried", "try_encoder", "try_judge"]

# how much better right things have to fare than wrong ones
_APART = 0.2
_CLOSER = 0.005


@dataclass(frozen=True)
class Tried:
    """What came out: the means for right and wrong things, and whether they are told apart."""

    name: str
    right: float
    wrong: float
    trusted: bool
    cases: int


def try_judge(
    judge: Judge,
    answers: Sequence[tuple[AskedAnswer, bool]],
    pictures: Sequence[tuple[AskedPicture, bool]],
) -> Tried:
    """Show a judge answers and pictures of which we know whether they are right."""
    marks: dict[bool, list[float]] = {True: [], False: []}
    for asked, correct in answers:
        marks[correct].append(judge.answer(asked).mark or 0.0)
    for shown, correct in pictures:
        marks[correct].append(judge.picture(shown).mark or 0.0)
    right, wrong = (float(np.mean(marks[kind])) if marks[kind] else 0.0 for kind in (True, False))
    cases = len(marks[True]) + len(marks[False])
    return Tried(judge.name, right, wrong, right - wrong >= _APART, cases)


def try_encoder(
    encoder: ImageEncoder, photos: Mapping[str, Sequence[Image.Image]], drawn: Sequence[Image.Image]
) -> Tried:
    """Compare photos of one subject with each other, and with those of others and drawings."""
    vectors = {name: encoder.embed(shown) for name, shown in photos.items() if shown}
    other = encoder.embed(drawn)
    right, wrong = [], []
    for name, mine in vectors.items():
        same = cosines(mine, mine)
        right += same[~np.eye(len(mine), dtype=bool)].tolist()
        for theirs in (other, *(v for n, v in vectors.items() if n != name)):
            wrong += cosines(mine, theirs).ravel().tolist()
    if not right or not wrong:
        return Tried(encoder.name, 0.0, 0.0, False, 0)
    means = float(np.mean(right)), float(np.mean(wrong))
    return Tried(encoder.name, *means, means[0] - means[1] >= _CLOSER, len(right) + len(wrong))
