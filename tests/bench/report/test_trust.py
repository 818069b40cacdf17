"""What a report says of judges: who was tried with what, who agrees, and who says one thing."""

from collections.abc import Sequence
from typing import Any

import pytest

from bench.report.blocks import Block, Table, Text
from bench.report.controls import doubts, find_controls
from bench.report.figures import Figures
from bench.report.marks import agreements, same_to_all, unmarked
from bench.report.trust import trust_section
from bench.report.trying import tried_of
from bench.running.ledger import Result


def judged(number: int, task: str = "qa", **marks: Any) -> Result:
    key = "marks" if task == "edit" else "mark"
    verdicts = {name: {key: mark} for name, mark in marks.items()}
    return Result("ours", "a", f"a/{task}/{number}", task, "", {}, verdicts)


def record(name: str, **tasks: bool) -> dict[str, Any]:
    rows = [
        {"task": task, "right": 1.0, "wrong": 0.5, "trusted": trusted, "missed": ["black"]}
        for task, trusted in tasks.items()
    ]
    told = {"right": 1.0, "wrong": 0.5, "trusted": all(tasks.values()), "cases": 4}
    return {"name": name, **told, "tasks": rows}


def checks(*judges: dict[str, Any]) -> dict[str, Any]:
    return {"judges": list(judges), "encoders": [], "reader": {}}


def said(blocks: Sequence[Block]) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Text))


def test_judges_are_compared_on_what_both_marked() -> None:
    pairs = [(1, 1), (0, 0), (1, 0), (0, None)]
    (found,) = agreements([judged(n, rules=a, local=b) for n, (a, b) in enumerate(pairs)])
    assert (found.task, found.cases) == ("answers", 3)
    assert found.same == pytest.approx(2 / 3)
    # chance: 2/3 * 1/3 + 1/3 * 2/3 = 4/9
    assert found.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))


def test_judges_are_compared_on_edits_apart_from_answers() -> None:
    good, bad = [9.0, 10.0, 8.0, 9.5], [0.0, 9.0, 1.0, 2.0]
    made = [
        judged(0, "edit", rules=good, local=[10.0] * 4),
        judged(1, "edit", rules=bad, local=bad),
    ]
    made.append(judged(0, rules=1, local=0))
    answers, edits = agreements(made)
    assert (answers.task, answers.same) == ("answers", 0)
    assert (edits.task, edits.same, edits.cases, edits.kappa) == ("edits", 1, 2, 1)


def test_a_judge_that_gives_everything_one_mark_is_doubted() -> None:
    made = [judged(n, rules=n % 2, local=1) for n in range(10)]
    assert same_to_all(made) == [("local", "answers", 1, 10)]
    assert same_to_all(made[:5]) == []
    (doubt,) = doubts(Figures({}), [], [], same_to_all(made))
    assert "local marks all 10 answers" in doubt


def test_a_judge_is_doubted_in_the_task_it_fails() -> None:
    tried = tried_of(checks(record("local", answers=True, edits=False)), [])
    (doubt,) = doubts(Figures({}), tried, [])
    assert "local does not tell right edits" in doubt
    assert "black" in doubt
    assert [row.verdict for row in tried] == ["yes", "NO: its marks mean nothing"]


def test_a_judge_that_was_never_tried_is_not_trusted() -> None:
    tried = tried_of(checks(record("rules", answers=True)), [judged(0, rules=1, local=1)])
    assert [(row.name, row.trusted) for row in tried] == [("rules", True), ("local", False)]
    (doubt,) = doubts(Figures({}), tried, [])
    assert "local was not tried with answers" in doubt


def test_older_checks_are_read_and_show_no_trust_task_by_task() -> None:
    old = {"name": "rules", "right": 1.0, "wrong": 0.0, "trusted": True, "cases": 4}
    (row,) = tried_of(checks(old), [judged(0, rules=1)])
    assert (row.trusted, row.verdict) == (True, "yes, but not task by task")


def test_a_control_that_passes_in_one_task_goes_unnoticed() -> None:
    passed = checks(record("always 1", answers=False, edits=True))
    failed = checks(record("always 1", answers=False, edits=False))
    assert not find_controls(Figures({}), passed)[0].noticed
    assert find_controls(Figures({}), failed)[0].noticed


def test_with_nothing_to_try_it_a_control_is_not_passed_and_nothing_else_is_marked() -> None:
    nothing = {"right": 0.0, "wrong": 0.0, "trusted": False, "cases": 0, "tasks": []}
    rows = [{"name": name, **nothing} for name in ("constant", "efficientnet-lite0")]
    checked = {"judges": [{"name": "always 1", **nothing}], "encoders": rows, "reader": {}}
    for control in find_controls(Figures({}), checked)[:2]:
        assert (control.noticed, control.why) == (False, "there was nothing to try it with")
    (doubt,) = doubts(Figures({}), tried_of(checked, []), [])
    assert doubt.startswith("efficientnet-lite0 was not tried with photos")


def test_the_table_of_trust_names_the_task() -> None:
    tried = tried_of(checks(record("local", pictures=False)), [])
    tables = [b for b in trust_section([], [], tried, {}, [], {}) if isinstance(b, Table)]
    row = dict(zip(tables[1].header, tables[1].rows[0], strict=True))
    assert (row["of"], row["lets pass"]) == ("pictures", "black")


def test_a_base_model_nobody_looked_at_is_not_called_the_same() -> None:
    assert "was not looked at" in said(trust_section([], [], [], {}, [], {}))
    assert "bit-identical after 1" in said(trust_section([], [], [], {}, [], {"a": []}))


def test_marks_that_are_missing_are_counted_by_judge_and_task() -> None:
    made = [judged(n, local=None if n < 2 else 1, rules=1) for n in range(10)]
    made += [judged(0, "edit", local=[1.0] * 4), judged(1, "edit", local=None)]
    found = unmarked(made)
    rows = [(one.judge, one.task, one.without, one.asked) for one in found]
    assert rows == [
        ("local", "answers", 2, 10),
        ("rules", "answers", 0, 10),
        ("local", "edits", 1, 2),
    ]
    tables = [b for b in trust_section([], [], [], {}, [], {}, None, found) if isinstance(b, Table)]
    assert tables[-1].rows[0] == ("local", "answers", "2", "10")


@pytest.mark.parametrize(("without", "doubted"), [(1, False), (2, True)])
def test_more_than_a_tenth_without_a_mark_is_doubted(without: int, doubted: bool) -> None:
    made = [judged(n, local=None if n < without else 1) for n in range(10)]
    (found,) = unmarked(made)
    assert (f"no mark to {without} of 10 answers" in found.doubt) is doubted
