"""Sections of a report: what few items stand behind, how replay was done, what was not run."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.data.items import Bench, Item, Subject, write_bench
from bench.metrics.bootstrap import Interval
from bench.report.blocks import Block, Table, Text
from bench.report.figures import Figures, Names
from bench.report.replaying import replay_section
from bench.report.sections import curve_of_exemplars, head, kinds, main_table
from bench.report.sweeping import sweep_section
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


def test_numbers_of_rows_are_told_fewest_first() -> None:
    names = ["ours", "features-start", "rows-16-4", "rows-0-16"]
    values = {name: {"rec": {"a": number / 4}} for number, name in enumerate(names)}
    shown = table(sweep_section(Figures(values), NAMES, names))
    assert [row[:3] for row in shown.rows] == [
        ("0", "16", "rows-0-16"),
        ("16", "4", "rows-16-4"),
        ("16", "16", "features-start"),
    ]
    assert shown.rows[0][3] == "0.750"
    assert sweep_section(Figures(values), NAMES, names[:2]) == []


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
    for method, right, suite in (("tp", 0.0, "full"), ("ours", 1.0, "mini")):
        values, told = {"label": 0.0, "right": right}, {"suite": suite}
        ledger.add(Result(method, "a", "a/rec/0", "rec", "", values, provenance=told))
    run = {"options": {"suite": "mini", "model": "m", "seed": 0}, "torch": "2", "methods": ["ip"]}
    (folder / "run.json").write_text(json.dumps(run))
    return write_report(folder)


def test_results_of_an_earlier_run_of_other_methods_are_shown_and_doubted(tmp_path: Path) -> None:
    summary = written(tmp_path)
    rows = [(row["method"], row["metric"], row["mean"]) for row in summary["means"]]
    assert "differ in suite, so they do not compare: full (tp); mini (ours)" in str(summary)
    assert rows == [("ours", "rec no (hard)", 1), ("tp", "rec no (hard)", 0)]
    assert "not looked at" in (tmp_path / "report.md").read_text()


RUN: dict[str, Any] = {"options": {"suite": "mini", "model": "m", "seed": 0}, "torch": "2"}


def said(bench: Bench, run: dict[str, Any]) -> str:
    return " ".join(block.text for block in head(bench, run, NAMES) if isinstance(block, Text))


def test_the_head_names_what_was_not_opened_and_why() -> None:
    text = said(Bench(0, (), ()), RUN | {"missing": {"insightface": "It is not installed."}})
    assert (
        "Not opened, so that it measured nothing here: insightface (It is not installed)." in text
    )
    assert "Not opened" not in said(Bench(0, (), ()), RUN)


@pytest.mark.parametrize(("model", "told"), [("omni-mini", True), ("tiny", False)])
def test_the_head_says_what_rows_were_chosen_by(model: str, told: bool) -> None:
    text = said(Bench(0, (), ()), RUN | {"options": {**RUN["options"], "model": model}})
    assert ("favour methods with rows" in text) is told


def test_the_head_counts_edits_that_checks_dropped() -> None:
    rex = Subject("rex", "bo", "dog", True, ("a.png",), ("b.png", "c.png"))
    made = ("remove", "add", "background", "move")
    items = [Item(f"rex/edit/{n}", "edit", "rex", "", kind=kind) for n, kind in enumerate(made)]
    assert "dropped when the bench was built: 1 remove, 1 recolour." in said(
        Bench(0, (rex,), tuple(items)), RUN
    )
    assert "dropped" not in said(Bench(0, (), ()), RUN)


def test_the_head_says_what_was_left_out() -> None:
    made = {"left_out": {"cup": ["a.heic: no"]}, "without_class": ["fluffy"]}
    text = said(Bench(0, (), (), made=made), RUN)
    assert "Left out of the photos of cup: a.heic" in text
    assert "no concept.json: fluffy" in text


def test_the_head_says_how_a_run_differs_from_unifybench_s_own() -> None:
    text = said(Bench(0, (), (), "unifybench"), RUN)
    assert "one image is drawn for each prompt (theirs: 4)" in text
    assert "answers end at 48 tokens (theirs: 100)" in text
    assert "UnifyBench" not in said(Bench(0, (), ()), RUN)


def test_one_subject_has_a_mean_and_no_interval() -> None:
    values = {"ours": {"rec": {"a": 0.5}, "qa bleu": {"a": 0.25, "b": 0.25}}}
    found = Figures(values).interval("ours", "rec")
    assert found == Interval(0.5, None, None, 1)
    row = table(main_table(Figures(values), NAMES, ["ours"])).rows[0]
    assert row == ("ours", "0.500", "0.250 [0.250, 0.250]")
