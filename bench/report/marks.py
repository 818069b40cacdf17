"""What judges said, task by task: how far two agree, and who says the same of everything.

The marks of edits are compared as the mean of their scores, at the nearest of 0, 0.5 and 1.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from bench.judges.judge import MARKS
from bench.metrics.agreement import kappa
from bench.metrics.editing import edit_score
from bench.running.ledger import Result

__all__ = ["TASKS", "Agreement", "Unmarked", "agreements", "judged", "same_to_all", "unmarked"]

# what a judge is asked, and the tasks of the bench that ask it
TASKS = {
    "answers": ("vqa", "qa", "choice"),
    "pictures": ("parg",),
    "edits": ("edit",),
}
_FEWEST = 10
# the share without a mark above which a mean is doubted
_LEFT_OUT = 0.1
Marks = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Agreement:
    """How far two judges agree on the same things."""

    first: str
    second: str
    kappa: float | None
    same: float
    cases: int
    task: str = ""


@dataclass(frozen=True)
class Unmarked:
    """How often a judge gave no mark: its reply could not be read, or it had nothing to go by."""

    judge: str
    task: str
    without: int
    asked: int

    @property
    def doubt(self) -> str:
        """Say that a mean leaves too much out, "" if it does not."""
        if self.without <= _LEFT_OUT * self.asked:
            return ""
        return (
            f"{self.judge} gave no mark to {self.without} of {self.asked} {self.task} (its reply "
            "could not be read, or it had nothing to go by); its means are of the rest alone."
        )


def unmarked(results: Iterable[Result]) -> list[Unmarked]:
    """Count for each judge and task what was asked and what got no mark."""
    given: dict[tuple[str, str], list[bool]] = defaultdict(list)
    tasks = {name: task for task, names in TASKS.items() for name in names}
    for result in (one for one in results if one.task in tasks):
        for judge, verdict in result.verdicts.items():
            given[tasks[result.task], judge].append(_mark(verdict) is not None)
    return [
        Unmarked(judge, task, marks.count(False), len(marks))
        for (task, judge), marks in sorted(given.items())
    ]


def _marks(results: Iterable[Result], task: str) -> dict[str, dict[tuple[str, str], float]]:
    """Return the marks of each judge by method and item."""
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for result in results:
        if result.task in TASKS[task]:
            for judge, verdict in result.verdicts.items():
                mark = _mark(verdict)
                if mark is not None:
                    found[judge][result.method, result.item] = mark
    return found


def _mark(verdict: Mapping[str, Any]) -> float | None:
    mark, four = verdict.get("mark"), verdict.get("marks")
    if isinstance(mark, float | int):
        return float(mark)
    return edit_score(*four).mean if four else None


def judged(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Name the judges that marked something, each with every task it did that in."""
    return [(judge, task) for task in TASKS for judge in sorted(_marks(results, task))]


def agreements(results: Sequence[Result]) -> list[Agreement]:
    """Compare the marks of every two judges, task by task."""
    found = []
    for task in TASKS:
        marks = _marks(results, task)
        for first, second in combinations(sorted(marks), 2):
            one = _agreement(first, second, marks[first], marks[second], task)
            found += [one] if one.cases else []
    return found


def _agreement(first: str, second: str, ours: Marks, theirs: Marks, task: str) -> Agreement:
    both = sorted(ours.keys() & theirs.keys())
    pair = [_nearest(ours[key]) for key in both], [_nearest(theirs[key]) for key in both]
    same = sum(a == b for a, b in zip(*pair, strict=True)) / max(len(both), 1)
    return Agreement(first, second, kappa(*pair), same, len(both), task)


def _nearest(mark: float) -> float:
    return min(MARKS, key=lambda known: abs(known - mark))


def same_to_all(results: Sequence[Result]) -> list[tuple[str, str, float, int]]:
    """Name each judge that gave one mark to everything in a task, the mark, and how often."""
    found = []
    for task in TASKS:
        for judge, marks in sorted(_marks(results, task).items()):
            given = set(marks.values())
            if len(given) == 1 and len(marks) >= _FEWEST:
                found.append((judge, task, given.pop(), len(marks)))
    return found
