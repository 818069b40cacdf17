"""The table of learning: what is kept is read again, and summed up."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from bench.data.facts import invent
from bench.quick import Row, Seen, line, questions, read, table

ROW = Row(
    "cup", "mug", 4, 1.5, 171.2, 230, True, Seen(0.5, 1.0, 0.25, 0.0), Seen(1.0, 0.9, 0.75, 0.8)
)


def test_what_is_done_is_read_again_by_name(tmp_path: Path) -> None:
    rows = [replace(ROW, subject=name) for name in ("pan", "cup")]
    for number, row in enumerate(rows):
        (tmp_path / f"rows-{number}.jsonl").write_text(json.dumps(asdict(row)) + "\n")
    assert read(tmp_path) == rows[::-1]


def test_tokens_that_did_worse_are_said_not_to_be_used() -> None:
    assert "| 230 (not used) |" in line(replace(ROW, active=False))


def test_the_last_row_has_the_slowest_times_and_the_mean_shares() -> None:
    slow = replace(ROW, usable_s=9.0, trained_s=180.0, trained=Seen(0.0, 0.9, 0.25, 0.6))
    last = table([ROW, slow]).splitlines()[-1]
    assert last.startswith("| all 2 |")
    assert "| ≤ 9.0 | ≤ 180 |" in last
    assert last.endswith("| 0.500 | 0.900 | 0.500 | 0.700 |")


def test_every_row_has_as_many_cells_as_the_head() -> None:
    cells = {text.count("|") for text in table([ROW]).splitlines()}
    assert len(cells) == 1


def test_facts_and_class_are_asked_for_with_what_has_to_be_said() -> None:
    (facts,) = invent(1, ["mug"], np.random.default_rng(0))
    asked = questions(facts, "cup", "mug")
    assert len(asked) == 5 and asked[-1] == ("What sort of thing is <cup>?", "mug")
    assert all("<cup>" in question for question, _ in asked)
    said = {value for _, value in asked[:-1]}
    assert all(any(fact.text.endswith(value) for fact in facts) for value in said)
