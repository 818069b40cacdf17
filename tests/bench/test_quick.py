"""The table of learning: what is kept is read again, and summed up."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from bench.data.facts import invent
from bench.quick import Options, Row, Seen, line, questions, read, settle, table, tells
from bench.running.versions import code_version
from omni_errors import InputError

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


def test_facts_and_class_are_asked_for_with_the_right_answers() -> None:
    (facts,) = invent(1, ["mug"], np.random.default_rng(0))
    asked = questions(facts, "cup", "mug")
    assert len(asked) == 5
    assert asked[-1] == ("What sort of thing is <cup>?", "<cup> is a mug.")
    assert all("<cup>" in question for question, _ in asked)
    wanted = {fact.text.replace("its", "<cup>'s") + "." for fact in facts}
    assert {answer for _, answer in asked[:-1]} == wanted


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("<cup> is a cat.", True),
        ("A cat.", True),
        ("It is a category.", False),
        ("It is not a cat.", False),
        ("Its toy is a cat.", False),
        ("A cat, a dog, a horse.", False),
    ],
)
def test_an_answer_is_judged_by_its_words_and_what_they_are_about(said: str, right: bool) -> None:
    assert tells(said, "What sort of thing is <cup>?", "<cup> is a cat.") is right


@pytest.mark.parametrize("other", [Options("tiny"), Options(together=True)])
def test_a_folder_goes_on_with_the_same_model_and_mode_alone(
    tmp_path: Path, other: Options
) -> None:
    settle(tmp_path / "o", Options())
    settle(tmp_path / "o", Options(workers=2))
    with pytest.raises(InputError, match="holds what was learned by omni-mini, one by one"):
        settle(tmp_path / "o", other)


@pytest.mark.parametrize("together", [True, False])
def test_rows_without_settings_are_the_usual_model_s(tmp_path: Path, together: bool) -> None:
    row = replace(ROW, instant=Seen(*[math.nan] * 4)) if together else ROW
    (tmp_path / "rows-0.jsonl").write_text(json.dumps(asdict(row)) + "\n")
    for wrong in (Options(together=not together), Options("tiny", together=together)):
        with pytest.raises(InputError, match="--out"):
            settle(tmp_path, wrong)
    settle(tmp_path, Options(together=together))


def test_other_code_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(tmp_path, Options())
    assert not capsys.readouterr().err
    monkeypatch.setattr("bench.quick.code_version", lambda: "other")
    settle(tmp_path, Options())
    assert "same code" in capsys.readouterr().err
    assert json.loads((tmp_path / "settings.json").read_text())["code"] == [code_version(), "other"]
