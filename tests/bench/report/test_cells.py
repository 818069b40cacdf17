"""Every cell of a report is its own method's: each method has values that no other has."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bench.data.items import Bench, Item, Subject, write_bench
from bench.report.blocks import Block, Chart, Pictures, Table, Text
from bench.report.figures import Figures, Names
from bench.report.rows import rows_of_method
from bench.report.sections import (
    ablation,
    curve_of_exemplars,
    main_table,
    paper,
    pictures,
    subjects_table,
)
from bench.report.writing import write_report
from bench.running.ledger import Ledger, Result

NAMES = Names("rules", "efficientnet-lite0")
SHOWN = ("ours", "coupled", "no-replay", "no-edits", "tp")


def value(method: str, title: str, subject: str = "a") -> float:
    """Tell method, column and subject by their digits: 2.150 is no-replay's last, of a."""
    column = list(NAMES.columns).index(title)
    return SHOWN.index(method) + column / 100 + "ab".index(subject) / 1000


def figures(subjects: str = "a") -> Figures:
    return Figures(
        {
            method: {
                metric: {subject: value(method, title, subject) for subject in subjects}
                for title, metric in NAMES.columns.items()
            }
            for method in SHOWN
        }
    )


def point(number: float) -> str:
    return f"{number:.3f}"


def tables(blocks: list[Block]) -> list[Table]:
    return [block for block in blocks if isinstance(block, Table)]


@pytest.mark.parametrize(
    ("number", "title", "method"),
    [
        (0, "W/o Disentangled Tokens", "coupled"),
        (2, "W/o Knowledge Replay", "no-replay"),
        (4, "W/o Edit Data", "no-edits"),
        (6, "Ours (Full)", "ours"),
    ],
)
def test_a_row_of_the_ablations_is_its_own_method(number: int, title: str, method: str) -> None:
    shown = tables(ablation(figures(), NAMES))[0]
    wanted = [point(value(method, column)) for column in NAMES.columns]
    assert list(shown.rows[number]) == [f"{title} ({method})", *wanted]


def test_the_paper_s_numbers_stand_under_their_own_rows_and_columns() -> None:
    shown = tables(ablation(figures(), NAMES))[0]
    theirs = [dict(zip(shown.header, row, strict=True)) for row in shown.rows[1::2]]
    assert {row[""] for row in theirs} == {"other work, other model"}
    assert [row["Rec"] for row in theirs] == ["0.804", "–", "0.840", "0.852"]
    assert [row["PARG"] for row in theirs] == ["0.431", "0.312", "0.584", "0.613"]
    assert [row["Edit mean"] for row in theirs] == ["0.633", "–", "0.638", "0.658"]
    assert [row["Edit geo"] for row in theirs] == ["–"] * 4
    assert paper()["columns"] == list(NAMES.columns)


def test_what_ours_is_less_stands_beside_its_own_method() -> None:
    shown = tables(ablation(figures(), NAMES))[1]
    # digits of methods: ours is 0, so ours less the third is -3
    wanted = {"coupled": -1, "no-replay": -2, "no-edits": -3, "tp": -4}
    assert {row[0]: row[1] for row in shown.rows} == {m: point(v) for m, v in wanted.items()}
    assert all(set(row[1:]) == {row[1]} for row in shown.rows)


def test_a_row_of_the_main_table_is_its_own_method() -> None:
    shown = tables(main_table(figures(), NAMES, ["tp", "ours"]))[0]
    assert [row[0] for row in shown.rows] == ["tp", "ours"]
    other, ours = (dict(zip(shown.header, row, strict=True)) for row in shown.rows)
    assert (other["Rec"], other["PARG"], other["Edit mean"]) == (point(4), point(4.1), point(4.14))
    assert (ours["Rec"], ours["PARG"], ours["Edit mean"]) == (point(0), point(0.1), point(0.14))


def test_a_point_of_the_curve_is_its_own_number_of_exemplars() -> None:
    made = {0: 0.2, 2: 0.1, 4: 0.4, 6: 0.3}
    values = {f"exemplars-{n}": {"parg judge/rules": {"a": v}} for n, v in made.items()}
    values["ours"] = {"parg judge/rules": {"a": 0.9}}
    (chart,) = [b for b in curve_of_exemplars(Figures(values), NAMES) if isinstance(b, Chart)]
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', chart.svg)
    # from 50 to 464 across; up from 236 for 0, 22 for each tenth
    assert circles == [
        ("50.0", "192.0"),
        ("188.0", "214.0"),
        ("326.0", "148.0"),
        ("464.0", "170.0"),
    ]


def test_a_curve_without_a_method_leaves_its_point_out() -> None:
    values = {f"exemplars-{n}": {"parg judge/rules": {"a": 0.5}} for n in (2, 6)}
    (chart,) = [b for b in curve_of_exemplars(Figures(values), NAMES) if isinstance(b, Chart)]
    assert re.findall(r'<circle cx="([\d.]+)"', chart.svg) == ["188.0", "464.0"]


def test_a_subject_s_row_is_of_its_own_method_and_subject() -> None:
    blocks = subjects_table(figures("ab"), NAMES, ["no-edits", "coupled"])
    assert [b.text for b in blocks if isinstance(b, Text)] == ["no-edits:", "coupled:"]
    first, second = tables(blocks)
    assert [row[:3] for row in first.rows] == [("a", "3.000", "3.010"), ("b", "3.001", "3.011")]
    assert [row[:3] for row in second.rows] == [("a", "1.000", "1.010"), ("b", "1.001", "1.011")]
    assert (first.header[-1], first.rows[1][-1]) == ("Edit geo", "3.151")


ANNA = Subject("a", "taruvo", "dog", True, ("a/train.png",), ())
ITEMS = (
    Item("a/draw/0", "draw", "a", "On grass."),
    Item("a/edit/0", "edit", "a", "Remove it.", image="a/before.png"),
    Item("a/qa/0", "qa", "a", "What is it?", "A dog."),
)


def drawn(method: str, task: str, path: str) -> Result:
    return Result(method, "a", f"a/{task}/0", task, path)


def test_a_column_of_pictures_is_its_own_method() -> None:
    made = [drawn(m, "draw", f"{m}.png") for m in ("tp", "ours", "no-edits", "black", "real")]
    made += [drawn("tp", "edit", "tp edit.png"), drawn("ours", "qa", "A dog.")]
    methods = ["ours", "no-edits", "yes", "tp", "black", "real"]
    (shown,) = [b for b in pictures(Bench(0, (ANNA,), ITEMS), made, methods) if type(b) is Pictures]
    assert shown.header == ("request", "photo", "ours", "no-edits", "tp")
    draw, edit = shown.rows
    assert draw == ("a: On grass.", ["bench/a/train.png", "ours.png", "no-edits.png", "tp.png"])
    assert edit == ("a: Remove it.", ["bench/a/before.png", "", "", "tp edit.png"])


def keep_rows(folder: Path, method: str, und: float, gen: float) -> Result:
    """Keep nine understanding and seven generation rows, and say under which key."""
    rng = np.random.default_rng(0)
    made = {"und": rng.normal(und, 0.1, (9, 4)), "gen": rng.normal(gen, 0.1, (7, 4))}
    (folder / "rows" / "a").mkdir(parents=True, exist_ok=True)
    save_file(made, folder / "rows" / "a" / f"{method} key.safetensors")
    verdicts = {"local": {"mark": 1}, "rules": {"mark": 0}}
    told = {"rows": f"{method} key"}
    return Result(method, "a", "a/qa/0", "qa", "", {}, verdicts, provenance=told)


def test_rows_are_those_of_the_method_and_of_the_expert(tmp_path: Path) -> None:
    results = [keep_rows(tmp_path, "ours", 1, 2), keep_rows(tmp_path, "coupled", 3, 4)]
    for method, wanted in (("ours", [1, 2]), ("coupled", [3, 4])):
        found = rows_of_method(tmp_path, results, method)
        assert [len(rows) for rows in found] == [9, 7]
        assert [round(float(rows.mean())) for rows in found] == wanted
    assert [len(rows) for rows in rows_of_method(tmp_path, results, "tp")] == [0, 0]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "bench").mkdir()
    write_bench(Bench(0, (ANNA,), ITEMS), tmp_path / "bench")
    for method in ("ours", "coupled"):
        Ledger(tmp_path / "results" / "a.jsonl").add(keep_rows(tmp_path, method, 1, -1))
    run = {"options": {"suite": "mini", "model": "m", "seed": 0}, "torch": "2", "methods": []}
    (tmp_path / "run.json").write_text(json.dumps(run))
    pytest.importorskip("sklearn")
    write_report(tmp_path)
    return tmp_path


@pytest.mark.parametrize("method", ["ours", "coupled"])
def test_token_rows_stand_in_the_report(written: Path, method: str) -> None:
    text = (written / "report.md").read_text()
    assert "## Token rows" in text
    assert f"![rows-{method}](rows-{method}.svg)" in text
    # sixteen rows, and two of the legend
    assert (written / f"rows-{method}.svg").read_text().count("<circle") == 16 + 2


def test_agreement_stands_in_the_report(written: Path) -> None:
    # one always says 1 and the other 0: they never agree, and by chance they would not either
    assert (
        "| local and rules | answers | 0.000 | 0.000 | 2 |" in (written / "report.md").read_text()
    )
    (agreed,) = json.loads((written / "summary.json").read_text())["agreement"]
    assert (agreed["task"], agreed["same"], agreed["cases"]) == ("answers", 0, 2)
