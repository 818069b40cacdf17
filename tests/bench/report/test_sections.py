"""Sections of a report: what few items stand behind, how replay was done, what was not run."""

import json
from pathlib import Path
from typing import Any

from bench.data.items import Bench, Item, write_bench
from bench.report.blocks import Block, Table, Text
from bench.report.figures import Figures, Names
from bench.report.replaying import replay_section
from bench.report.sections import curve_of_exemplars, kinds
from bench.report.writing import write_report
from bench.running.ledger import Ledger, Result

NAMES = Names("rules", "efficientnet-lite0")


def table(blocks: list[Block]) -> Table:
    return next(block for block in blocks if isinstance(block, Table))


def replayed(*by: str) -> Result:
    stages = [{"stage": "parse", "by": one, "concept": "a"} for one in by]
    return Result("ours", "a", "a/parg/0", "parg", "", trace={"stages": stages})


def test_kinds_are_shown_with_the_number_of_their_items() -> None:
    values = {"ours": {"edit flip": {"a": 1.0}, "rec": {"a": 1.0}}}
    shown = table(kinds(Figures(values, {("ours", "edit flip"): 7}), NAMES, ["ours"]))
    assert [row[0] for row in shown.rows] == ["edit flip"]
    assert shown.rows[0][1].endswith("n 7")
    assert kinds(Figures({}), NAMES, ["ours"]) == []


def test_replay_is_told_by_who_answered() -> None:
    shown = table(replay_section([replayed("model", "retry", "fallback", "retry")], ["ours"]))
    row = dict(zip(shown.header, shown.rows[0], strict=True))
    assert (row["stage"], row["n"]) == ("parse", "4")
    assert (row["first reply"], row["retry"], row["fallback"]) == ("25%", "50%", "25%")


def test_without_replay_there_is_nothing_to_tell() -> None:
    assert replay_section([Result("ours", "a", "a/qa/0", "qa", "")], ["ours"]) == []


def test_a_curve_without_its_methods_says_which_these_are() -> None:
    text = curve_of_exemplars(Figures({}), NAMES)[1]
    assert isinstance(text, Text)
    assert "exemplars-6" in text.text


def written(folder: Path) -> dict[str, Any]:
    """Report results of two methods, after a run that names a third."""
    (folder / "bench").mkdir()
    items = (Item("a/rec/0", "rec", "a", "Is it?", "No.", hard=True),)
    write_bench(Bench(0, (), items), folder / "bench")
    ledger = Ledger(folder / "results" / "a.jsonl")
    for method, right in (("tp", 0.0), ("ours", 1.0)):
        ledger.add(Result(method, "a", "a/rec/0", "rec", "", {"label": 0.0, "right": right}))
    run = {"options": {"suite": "mini", "model": "m", "seed": 0}, "torch": "2", "methods": ["ip"]}
    (folder / "run.json").write_text(json.dumps(run))
    return write_report(folder)


def test_results_of_an_earlier_run_of_other_methods_are_shown(tmp_path: Path) -> None:
    rows = [(row["method"], row["metric"], row["mean"]) for row in written(tmp_path)["means"]]
    assert rows == [("ours", "rec no (hard)", 1), ("tp", "rec no (hard)", 0)]
    assert "not looked at" in (tmp_path / "report.md").read_text()
