"""Whether a judge and an encoder can be believed: shown things that are known to be wrong.

Every judge and encoder of a run is put to these tests, and so are two that must fail. A judge is
believed task by task: who reads answers well may be blind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.judges.judge import AskedAnswer, AskedEdit, AskedPicture, Judge
from bench.judges.known import RIGHT, known_edits, tricky_answers
from bench.metrics.encoders import ImageEncoder
from bench.metrics.recognition import area
from bench.metrics.similarity import cosines

__all__ = ["Tried", "TriedTask", "try_encoder", "try_judge"]

# how much better right things have to fare than wrong ones
_APART = 0.2
# how much closer photos of one subject have to lie than those of two, and how often: what is
# nearly the same for all pictures may rank them well, but its columns show next to nothing
_CLOSER, _OFTEN = 0.05, 0.7


@dataclass(frozen=True)
class TriedTask:
    """What came out for one task; ``missed`` are the kinds of mistakes that were not told apart."""

    task: str
    right: float
    wrong: float
    trusted: bool
    cases: int
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """What came out: the means for right and wrong things, and whether they are told apart.

    A judge is trusted as a whole only if it is for each of its ``tasks``.
    """

    name: str
    right: float
    wrong: float
    trusted: bool
    cases: int
    tasks: tuple[TriedTask, ...] = ()


def try_judge(
    judge: Judge,
    answers: Sequence[tuple[AskedAnswer, bool]],
    pictures: Sequence[tuple[AskedPicture, str]],
    edits: Sequence[tuple[AskedEdit, str]] | None = None,
) -> Tried:
    """Show a judge answers, pictures and edits of which we know whether they are right.

    Pictures and edits come with what is wrong with each, "" if nothing. Denials and lists are
    added to the answers; ``edits`` are composed where none are given.
    """
    shown = {
        "answers": [(judge.answer(a).mark, _wrong(right)) for a, right in answers]
        + [(judge.answer(a).mark, wrong) for a, wrong in tricky_answers(answers)],
        "pictures": [(judge.picture(asked).mark, wrong) for asked, wrong in pictures],
        "edits": [
            (_edit_mark(judge, asked), wrong)
            for asked, wrong in (known_edits() if edits is None else edits)
        ],
    }
    tasks = tuple(_task(task, marks) for task, marks in shown.items() if marks)
    every = [case for marks in shown.values() for case in marks]
    trusted = bool(tasks) and all(task.trusted for task in tasks)
    right, wrong = _mean(every, {RIGHT}), _mean(every, {w for _, w in every} - {RIGHT})
    return Tried(judge.name, right, wrong, trusted, len(every), tasks)


def _wrong(right: bool) -> str:
    return RIGHT if right else "another's fact"


def _edit_mark(judge: Judge, asked: AskedEdit) -> float | None:
    score = judge.edit(asked).score
    return None if score is None else score.mean


def _task(task: str, marks: Sequence[tuple[float | None, str]]) -> TriedTask:
    """Compare right things with each kind of wrong ones: one that passes is enough to fail."""
    kinds = sorted({wrong for _, wrong in marks} - {RIGHT})
    right = _mean(marks, {RIGHT})
    missed = tuple(kind for kind in kinds if right - _mean(marks, {kind}) < _APART)
    trusted = bool(kinds) and not missed
    return TriedTask(task, right, _mean(marks, set(kinds)), trusted, len(marks), missed)


def _mean(marks: Sequence[tuple[float | None, str]], kinds: set[str]) -> float:
    """Average the marks of some kinds; a reply that cannot be read is worth nothing."""
    found = [mark or 0.0 for mark, wrong in marks if wrong in kinds]
    return float(np.mean(found)) if found else 0.0


def try_encoder(
    encoder: ImageEncoder, photos: Mapping[str, Sequence[Image.Image]], drawn: Sequence[Image.Image]
) -> Tried:
    """Compare photos of one subject with each other and with photos of the other subjects.

    Drawings stand in for the others only where there are none: telling a photo from a drawing
    does not yet tell subjects apart.
    """
    vectors = {name: encoder.embed(shown) for name, shown in photos.items() if shown}
    right, wrong = [], []
    for name, mine in vectors.items():
        same = cosines(mine, mine)
        right += same[~np.eye(len(mine), dtype=bool)].tolist()
        others = [theirs for other, theirs in vectors.items() if other != name]
        for theirs in others or ([encoder.embed(drawn)] if drawn else []):
            wrong += cosines(mine, theirs).ravel().tolist()
    if not right or not wrong:
        return Tried(encoder.name, 0.0, 0.0, False, 0)
    closer, farther = float(np.mean(right)), float(np.mean(wrong))
    often = area([True] * len(right) + [False] * len(wrong), right + wrong) or 0.0
    trusted = closer - farther >= _CLOSER and often >= _OFTEN
    return Tried(encoder.name, closer, farther, trusted, len(right) + len(wrong))
