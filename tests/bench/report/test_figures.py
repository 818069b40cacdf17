"""Means over subjects, differences of pairs, agreement, and what should be doubted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.report.blocks import Block, Heading, Table, Text, as_html, as_markdown
from bench.report.charts import Point, curve, scatter
from bench.report.controls import doubts, find_controls
from bench.report.figures import Figures, Names, gather, methods_of, mixed
from bench.report.rows import lay_out
from bench.report.trust import trust_section
from bench.running.ledger import Result

NO_CHECKS: dict[str, Any] = {"judges": [], "encoders": [], "reader": {}}


def result(
    method: str, subject: str, number: int, values: dict[str, float], task: str = "qa"
) -> Result:
    return Result(method, subject, f"{subject}/{task}/{number}", task, "", values)


def test_a_mean_is_over_subjects_however_many_items_each_has() -> None:
    made = [result("ours", "a", n, {"qa bleu": 1.0}) for n in range(3)]
    made.append(result("ours", "b", 0, {"qa bleu": 0.0}))
    found = gather(made).interval("ours", "qa bleu")
    assert found is not None
    assert (found.mean, found.cases) == (0.5, 2)


def test_recognition_is_weighted_within_a_subject() -> None:
    answers = [(1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    made = [
        result("ours", "a", n, {"label": label, "right": right}, "rec")
        for n, (label, right) in enumerate(answers)
    ]
    values = gather(made).values["ours"]
    assert values["rec"]["a"] == 0.75
    assert (values["rec yes"]["a"], values["rec no"]["a"]) == (1.0, 0.5)
    assert "rec margin" not in values


def test_photos_of_the_same_class_are_given_apart() -> None:
    answers = [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    made = [
        result("ours", "a", n, {"label": label, "right": right}, "rec")
        for n, (label, right) in enumerate(answers)
    ]
    figures = gather(made, {"a/rec/3"})
    values = figures.values["ours"]
    assert (values["rec no (easy)"]["a"], values["rec no (hard)"]["a"]) == (1, 0)
    assert figures.items["ours", "rec no (easy)"] == 2
    assert "rec no (hard)" not in gather(made).values["ours"]


def test_pictures_and_edits_are_split_by_kind_and_counted() -> None:
    made = [
        replace(result("ours", s, n, {"parg judge/rules": n}, "parg"), kind=("place", "object")[n])
        for s in ("a", "b")
        for n in (0, 1)
    ]
    figures = gather(made)
    assert figures.values["ours"]["parg judge/rules (place)"] == {"a": 0, "b": 0}
    assert figures.values["ours"]["parg judge/rules (object)"] == {"a": 1, "b": 1}
    assert figures.items["ours", "parg judge/rules (place)"] == 2
    assert figures.items["ours", "parg judge/rules"] == 4


def test_methods_are_those_of_the_results_in_the_catalog_s_order() -> None:
    made = [result(name, "a", 0, {}) for name in ("yes", "tp", "gone", "ours")]
    assert methods_of(made) == ["ours", "tp", "yes", "gone"]


def test_a_difference_is_of_the_subjects_both_have() -> None:
    figures = Figures({"ours": {"rec": {"a": 0.9, "b": 0.5}}, "tp": {"rec": {"a": 0.8, "c": 0.1}}})
    found = figures.difference("ours", "tp", "rec")
    assert found is not None
    assert (round(found.mean, 3), found.cases) == (0.1, 1)
    assert figures.difference("ours", "ip", "rec") is None


def test_intervals_repeat() -> None:
    figures = Figures({"ours": {"rec": {str(n): n / 9 for n in range(10)}}})
    assert figures.interval("ours", "rec") == figures.interval("ours", "rec")


def test_results_of_different_settings_are_not_mixed_in_silence() -> None:
    made = [
        Result("ours", "a", f"a/qa/{s}", "qa", "", provenance={"settings": s}) for s in ("x", "y")
    ]
    assert mixed(made) == ["ours"]
    assert "different settings" in doubts(gather(made), [], ["ours"])[0]


def test_controls_that_were_not_run_are_not_noticed() -> None:
    controls = find_controls(Figures({}), NO_CHECKS)
    assert [control.noticed for control in controls] == [False] * 5


@pytest.mark.parametrize(
    ("made", "told"),
    [
        # of subjects with one photo each nothing but others' photos can be asked about
        ([("rec", {"label": 0.0, "right": 0.0}), ("qa", {"qa bleu": 0.0})], "cannot be measured"),
        ([("rec", {"label": float(n), "right": float(n)}) for n in (0, 1)], "noticed"),
        ([], "NOT NOTICED"),
    ],
)
def test_always_yes_cannot_be_measured_without_a_photo_of_the_subject(
    made: list[tuple[str, dict[str, float]]], told: str
) -> None:
    rows = [result("yes", "a", n, values, task) for n, (task, values) in enumerate(made)]
    control = find_controls(gather(rows), NO_CHECKS)[-1]
    assert control.verdict == told
    table = trust_section([control], [], [], {}, [], {})[1]
    assert isinstance(table, Table)
    assert table.rows[0][1] == told


@pytest.mark.parametrize(("consistency", "noticed"), [(0.0, True), (0.6, False)])
def test_an_edit_that_changes_nothing_is_noticed_by_its_consistency(
    consistency: float, noticed: bool
) -> None:
    values = {"unchanged": {"edit sc/local": {"a": consistency}, "edit sc/rules": {"a": 0.3}}}
    controls = {one.control: one for one in find_controls(Figures(values), NO_CHECKS, "local")}
    assert controls["an edit that changes nothing"].noticed is noticed


def test_a_black_method_is_noticed_whatever_its_name() -> None:
    figures = Figures({"tp": {"draw blank": {"a": 1.0}}, "ours": {"draw blank": {"a": 0.0}}})
    assert doubts(figures, [], []) == ["tp draws blank pictures."]


def test_what_is_above_real_photos_is_doubted() -> None:
    values = {
        name: {"draw image/e": dict.fromkeys(subjects, value)}
        for name, value, subjects in (("real", 0.5, "ab"), ("ours", 0.9, "ab"), ("tp", 0.9, "a"))
    }
    # of one subject nothing is known but its value
    (doubt,) = doubts(Figures(values), [], [])
    assert "ours is above real photos" in doubt


def test_the_columns_are_those_of_the_paper_s_tables() -> None:
    columns = Names("rules", "efficientnet-lite0").columns
    assert len(columns) == 16 and columns["No face"] == "faces without"
    assert columns["PARG"] == "parg judge/rules"
    assert columns["Edit geo"] == "edit geometric/rules"


def test_names_of_people_are_no_markup(tmp_path: Path) -> None:
    blocks: list[Block] = [Heading("<b>x</b>"), Text("fine"), Table(("a|b",), [("<img src=x>",)])]
    page, text = as_html("t", blocks, tmp_path), as_markdown("t", blocks, tmp_path)
    assert "<img" not in page
    assert "&lt;img" in page
    assert r"a\|b" in text
    assert r"\<img" in text


def test_a_curve_has_a_point_and_an_interval_for_each_number() -> None:
    svg = curve([Point(0, 0.3, 0.2, 0.4), Point(6, 0.6, 0.5, 0.7)], "t", "x", "y")
    assert svg.count("<circle") == 2
    assert svg.startswith("<svg")
    assert curve([], "t", "x", "y").endswith("</svg>")


def test_a_scatter_has_every_point_and_a_legend() -> None:
    svg = scatter({"und": [(0, 0), (1, 1)], "gen": [(2, 2)]}, "t")
    assert svg.count("<circle") == 3 + 2
    assert scatter({"und": []}, "t").endswith("</svg>")


def test_rows_that_lie_apart_stay_apart_in_the_plane() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    und, gen = rng.normal(3, 0.1, (16, 6)), rng.normal(-3, 0.1, (16, 6))
    plane = lay_out(und, gen)
    assert plane is not None
    assert plane.one_width
    first, second = np.array(plane.und), np.array(plane.gen)
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > first.std() + second.std()


def test_rows_of_different_widths_are_said_to_be_so() -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    plane = lay_out(rng.normal(size=(8, 6)), rng.normal(size=(8, 4)))
    assert plane is not None
    assert not plane.one_width
    assert lay_out(rng.normal(size=(2, 6)), rng.normal(size=(2, 6))) is None
