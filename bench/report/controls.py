"""Controls: whether the bench noticed what must not pass, and what else should not be believed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.judges.judge import AlwaysOne
from bench.metrics.bootstrap import Interval
from bench.metrics.encoders import ConstantEncoder
from bench.report.figures import Figures
from bench.report.trying import TriedRow, untried

__all__ = ["Control", "changed", "doubts", "find_controls", "forgotten", "read_checks"]

_BLANK = 0.5
# semantic consistency up to which an edit counts as none
_NOTHING = 0.05


@dataclass(frozen=True)
class Control:
    """Something that must not pass, whether it was noticed, and by what.

    Where it was run and nothing could tell, it is not ``measured``.
    """

    control: str
    noticed: bool
    why: str
    measured: bool = True

    @property
    def verdict(self) -> str:
        """Say what became of it."""
        if not self.measured:
            return "cannot be measured"
        return "noticed" if self.noticed else "NOT NOTICED"


def read_checks(out: Path) -> dict[str, Any]:
    """Read what judges and encoders were put through, nothing if that was not done yet."""
    file = out / "checks.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return {"judges": [], "encoders": [], "reader": {}, **found}


def find_controls(
    figures: Figures, checks: Mapping[str, Any], judge: str = "rules"
) -> list[Control]:
    """Look at each control in turn; ``judge`` is the one whose marks the main columns show."""
    return [
        _tried("a judge that always says 1", AlwaysOne.name, checks["judges"]),
        _tried("an encoder that returns constants", ConstantEncoder.name, checks["encoders"]),
        _black(figures),
        _unchanged(figures, judge),
        _yes(figures),
    ]


def _tried(control: str, name: str, rows: Sequence[Mapping[str, Any]]) -> Control:
    row = next((row for row in rows if row["name"] == name), None)
    if row is None:
        return Control(control, False, "it was not run")
    if not row["cases"]:
        return Control(control, False, "there was nothing to try it with", measured=False)
    why = f"right things fare {row['right']:.3f}, wrong ones {row['wrong']:.3f}"
    # one task in which it passed is one too many
    passed = any(task["trusted"] for task in row.get("tasks") or [row])
    return Control(control, not passed, f"{why}, of {row['cases']}")


def _black(figures: Figures) -> Control:
    control, name = "a method that returns a black picture", "black"
    if name not in figures.values:
        return Control(control, False, "it was not run")
    blank = figures.interval(name, "draw blank") or figures.interval(name, "edit blank")
    noticed = name in _blank_methods(figures)
    share = blank.mean if blank is not None else 0.0
    return Control(control, noticed, f"{share:.0%} of its pictures are blank")


def _unchanged(figures: Figures, judge: str) -> Control:
    control = "an edit that changes nothing"
    found = figures.interval("unchanged", f"edit sc/{judge}")
    if found is None:
        return Control(control, False, "it was not run, or there are no edits")
    noticed = found.mean <= _NOTHING
    return Control(control, noticed, f"its edit SC is {found.mean:.3f} by {judge}")


def _yes(figures: Figures) -> Control:
    control = "a method that always says yes"
    found = figures.interval("yes", "rec")
    if found is None and "yes" in figures.values:
        why = "no subject has photos of both kinds to be asked about; it needs a held-out one"
        return Control(control, False, why, measured=False)
    if found is None:
        return Control(control, False, "it was not run")
    noticed = found.mean == 0.5
    return Control(control, noticed, f"its weighted recognition is {found.mean:.3f}")


def _blank_methods(figures: Figures) -> list[str]:
    """Name the methods that draw mostly blank pictures."""
    metrics = ("draw blank", "parg blank", "edit blank")
    return [
        method
        for method in figures.values
        if any(
            (found := figures.interval(method, metric)) is not None and found.mean > _BLANK
            for metric in metrics
        )
    ]


def doubts(
    figures: Figures,
    tried: Sequence[TriedRow],
    mixed: Sequence[str],
    same: Sequence[tuple[str, str, float, int]] = (),
) -> list[str]:
    """Say which numbers of this run should not be believed, controls aside.

    ``same`` are judges that gave one mark to everything in a task, with the mark and how often.
    """
    controls = (AlwaysOne.name, ConstantEncoder.name)
    others = [row for row in tried if row.name not in controls]
    found = [row.doubt for row in others if row.doubt] + untried(others)
    found += [
        f"The judge {name} marks all {count} {task} of this run with {mark:g}; its marks of "
        f"{task} mean nothing."
        for name, task, mark, count in same
    ]
    blank = [name for name in _blank_methods(figures) if name != "black"]
    found += [f"{name} draws blank pictures." for name in blank]
    found += [f"Results of {name} come from runs with different settings." for name in mixed]
    return found + _above_real(figures)


def _above_real(figures: Figures) -> list[str]:
    """Find methods that are nearer to the photos than other photos of the same thing are."""
    found = []
    for metric in (m for m in figures.metrics() if m.startswith("draw image/")):
        real = figures.interval("real", metric)
        for method in figures.values:
            ours = figures.interval(method, metric)
            if _below(real, ours):
                found.append(
                    f"{method} is above real photos in {metric}: it copies, or it is misread."
                )
    return found


def _below(first: Interval | None, second: Interval | None) -> bool:
    """Tell whether one interval lies below another; without intervals nothing does."""
    if first is None or second is None or first.high is None or second.low is None:
        return False
    return first.high < second.low


def forgotten(out: Path) -> dict[str, list[str]]:
    """Return what changed of the base model in each subject's process, [] where nothing did."""
    return {
        file.stem: list(json.loads(file.read_text("utf-8"))["changes"])
        for file in sorted((out / "forgetting").glob("*.json"))
    }


def changed(forgotten: Mapping[str, list[str]]) -> list[str]:
    """Doubt everything where the base model did not stay what it was."""
    told = [f"{name}: {', '.join(found)}" for name, found in forgotten.items() if found]
    return [f"The base model changed: {'; '.join(told)}."] if told else []
