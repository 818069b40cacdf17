"""The section on trust: controls, doubts, judges and encoders that were tried, and the model."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.report.blocks import Block, Heading, Table, Text
from bench.report.controls import Control
from bench.report.marks import Agreement, Unmarked
from bench.report.trying import TriedRow
from bench.running.ledger import Result

__all__ = ["covered", "trust_section"]


def trust_section(
    controls: Sequence[Control],
    doubts: Sequence[str],
    tried: Sequence[TriedRow],
    reader: Mapping[str, float],
    agreed: Sequence[Agreement],
    forgotten: Mapping[str, list[str]],
    seen: tuple[int, int] | None = None,
    unmarked: Sequence[Unmarked] = (),
) -> list[Block]:
    """Say what the bench noticed, and what should not be believed.

    ``seen`` are the items after which the base model was looked at, and all items.
    """
    rows = [(c.control, c.verdict, c.why) for c in controls]
    return [
        Heading("Controls"),
        Table(("control", "", "why"), rows),
        *(Text(f"Doubt: {doubt}") for doubt in doubts),
        *_tried(tried, reader),
        *_unmarked(unmarked),
        *_agreement(agreed),
        Text(_base_model(forgotten, seen)),
    ]


def _tried(tried: Sequence[TriedRow], reader: Mapping[str, float]) -> list[Block]:
    rows = [
        (row.name, row.task, _mean(row.right), _mean(row.wrong), row.verdict, ", ".join(row.missed))
        for row in tried
    ]
    header = ("judge or encoder", "of", "right", "wrong", "tells them apart", "lets pass")
    marks = "; ".join(f"{name} {mark:.2f}" for name, mark in reader.items())
    return [
        Text("Judges and encoders, shown things known to be right and wrong:"),
        Table(header, rows),
        Text(
            "The rules' reader of scenes, mean marks on scenes it was not made from: "
            f"{marks or 'not measured in this run'}."
        ),
    ]


def _unmarked(unmarked: Sequence[Unmarked]) -> list[Block]:
    if not unmarked:
        return []
    return [
        Text(
            "What judges gave no mark, since a reply could not be read or there was nothing to go "
            "by; it is in no mean:"
        ),
        Table(
            ("judge", "of", "without a mark", "asked"),
            [(one.judge, one.task, str(one.without), str(one.asked)) for one in unmarked],
        ),
    ]


def _mean(mean: float | None) -> str:
    return "–" if mean is None else f"{mean:.3f}"


def _agreement(agreed: Sequence[Agreement]) -> list[Block]:
    if not agreed:
        return []
    rows = [
        (f"{a.first} and {a.second}", a.task, _mean(a.kappa), f"{a.same:.3f}", str(a.cases))
        for a in agreed
    ]
    return [
        Text(
            "How far judges agree; edits by their mean score, at the nearest of 0, 0.5 and 1. "
            "A dash: both gave one and the same mark to everything."
        ),
        Table(("judges", "of", "Cohen's kappa", "same mark", "cases"), rows),
    ]


def covered(out: Path, results: Sequence[Result]) -> tuple[int, int]:
    """Count the results after which the base model was looked at, and all of them."""
    files = (out / "forgetting").glob("*.json")
    # older evidence names no items, and counts for nothing
    seen = {name for f in files for name in json.loads(f.read_text("utf-8")).get("done", ())}
    return sum(result.name in seen for result in results), len(results)


def _base_model(forgotten: Mapping[str, list[str]], seen: tuple[int, int] | None) -> str:
    if not forgotten:
        return "The base model: whether it changed was not looked at."
    changed = {name: found for name, found in forgotten.items() if found}
    told = "; ".join(f"{name}: {', '.join(found)}" for name, found in changed.items())
    same = f"bit-identical after {len(forgotten)} subjects, base answers unchanged"
    # a process that was killed leaves results, but no evidence
    part = f" This covers {seen[0]} of {seen[1]} items." if seen and seen[0] < seen[1] else ""
    return f"The base model: {told or same}.{part}"
