"""What judges and encoders were tried with, as rows of a table, those never tried included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report.marks import judged
from bench.running.ledger import Result

__all__ = ["TriedRow", "tried_of", "untried"]


# what a judge was tried with before it was tried task by task
_TOGETHER = "things"


@dataclass(frozen=True)
class TriedRow:
    """A judge in one task, or an encoder: the means of right and wrong things; None: not tried.

    ``missed`` are the kinds of mistakes that it let pass.
    """

    name: str
    task: str
    right: float | None
    wrong: float | None
    trusted: bool
    missed: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """Say whether its marks count for anything."""
        if self.trusted:
            return "yes, but not task by task" if self.task == _TOGETHER else "yes"
        return "not tried: do not trust it" if self.right is None else "NO: its marks mean nothing"

    @property
    def doubt(self) -> str:
        """Say why it should not be believed, "" if it may be or was not tried."""
        if self.trusted or self.right is None or self.wrong is None:
            return ""
        told = f"({self.right:.3f} against {self.wrong:.3f})"
        passed = f"; it lets pass: {', '.join(self.missed)}" if self.missed else ""
        return (
            f"{self.name} does not tell right {self.task} from wrong ones {told}{passed}; its "
            f"marks of {self.task} mean nothing."
        )


def untried(rows: Sequence[TriedRow]) -> list[str]:
    """Say of each judge with what it was not tried."""
    lacking: dict[str, list[str]] = {}
    for row in rows:
        if row.right is None:
            lacking.setdefault(row.name, []).append(row.task)
    return [
        f"{name} was not tried with {', '.join(tasks)} known to be wrong; do not trust it there."
        for name, tasks in lacking.items()
    ]


def tried_of(checks: Mapping[str, Any], results: Sequence[Result]) -> list[TriedRow]:
    """Return a row for each judge and task, and each encoder, that the results speak of."""
    rows = [row for record in checks["judges"] for row in _judge_rows(record)]
    known = {(row.name, row.task) for row in rows}
    whole = {row.name for row in rows if row.task == _TOGETHER}
    rows += [
        TriedRow(name, task, None, None, trusted=False)
        for name, task in judged(results)
        if (name, task) not in known and name not in whole
    ]
    return rows + [_row(record, "photos") for record in checks["encoders"]]


def _judge_rows(record: Mapping[str, Any]) -> list[TriedRow]:
    """Read a judge's record; older ones have all tasks in one."""
    tasks = record.get("tasks")
    if tasks is None:
        return [_row(record, _TOGETHER)]
    return [_row({**task, "name": record["name"]}, task["task"]) for task in tasks]


def _row(record: Mapping[str, Any], task: str) -> TriedRow:
    if record.get("cases") == 0:
        # means of nothing, as of a single photo that there is no other to compare with
        return TriedRow(record["name"], task, None, None, trusted=False)
    return TriedRow(
        record["name"],
        task,
        record["right"],
        record["wrong"],
        record["trusted"],
        record.get("missed", ()),
    )
