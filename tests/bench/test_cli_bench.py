"""``omni bench``: what it lists, and errors that say what to do."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest

import cli
from backbone import load
from bench.data.items import Bench, write_bench
from bench.judges import scenes
from bench.methods.catalog import CONTROLS
from bench.running.failing import SubjectsFailedError
from bench.running.ledger import read_results
from bench.running.running import reader_file
from tests.bench.conftest import write_subjects
from tests.bench.fakes import reader


def test_the_list_names_suites_and_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [suite["name"] for suite in found["suites"]] == ["smoke", "mini", "full"]
    assert {"ours", "tp", "dreambooth", "black"} <= {m["name"] for m in found["methods"]}
    assert cli.run(["bench"]) == 0
    assert "exemplars-6" in capsys.readouterr().out


def test_build_says_what_there_is(
    subjects: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["bench", "build", "--subjects", str(subjects), "--out", str(tmp_path / "o")]
    assert cli.run([*args, "--held-out", "1"]) == 0
    out = capsys.readouterr().out
    assert "75" in out
    assert (tmp_path / "o" / "bench" / "bench.json").is_file()


def test_build_names_facts_that_nothing_asks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record: dict[str, object] = {"class": "cup", "not_visible": ["it rusts in rain"]}
    folder = write_subjects(tmp_path / "s", {"cup": record}, photos=2)
    assert cli.run(["bench", "build", "--subjects", str(folder), "--out", str(tmp_path / "o")]) == 0
    said = capsys.readouterr()
    assert "parg: it rusts in rain" in " ".join((said.out + said.err).split())


def test_build_names_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=2)
    (folder / "cup" / "a.heic").write_bytes(b"x")
    assert cli.run(["bench", "build", "--subjects", str(folder), "--out", str(tmp_path / "o")]) == 0
    assert "Left out of the photos of cup: a.heic" in capsys.readouterr().err


def test_run_names_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bench").mkdir()
    made = {"left_out": {"cup": ["a.heic: no"]}}
    write_bench(Bench(0, (), (), made=made), tmp_path / "bench")
    monkeypatch.setattr("bench.running.running.run_bench", lambda *given, **more: None)
    monkeypatch.setattr(
        "bench.report.writing.write_report",
        lambda *given: {"means": [], "controls": [], "doubts": []},
    )
    assert cli.run(["bench", "run", "--subjects", "s", "--out", str(tmp_path)]) == 0
    assert "Left out of the photos of cup: a.heic" in capsys.readouterr().err


def test_run_names_facts_that_nothing_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bench").mkdir()
    made = {"unasked": {"cup": ["parg: it rusts in rain"]}}
    write_bench(Bench(0, (), (), made=made), tmp_path / "bench")
    monkeypatch.setattr("bench.running.running.run_bench", lambda *given, **more: None)
    empty: dict[str, object] = {"means": [], "controls": [], "doubts": []}
    monkeypatch.setattr("bench.report.writing.write_report", lambda *given: empty)
    assert cli.run(["bench", "run", "--subjects", "s", "--out", str(tmp_path)]) == 0
    assert "Nothing asks for these facts of cup: parg: it rusts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"), [("", "is a folder"), ("file/told.json", "cannot be written: ")]
)
@pytest.mark.parametrize("command", [["run", "--subjects", "s"], ["report"]])
def test_a_summary_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], name: str, words: str
) -> None:
    (tmp_path / "file").touch()
    args = ["bench", *command, "--out", str(tmp_path / "o"), "--json", f"{tmp_path}/{name}"]
    assert cli.run(args) == 2
    said = capsys.readouterr().err
    assert words in said and "Name another file with --json" in said
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("command", ["build", "run"])
def test_a_seed_below_0_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", command, "--subjects", "s", "--seed", "-1"]) == 2
    said = capsys.readouterr().err
    assert "--seed" in said and "bug" not in said


def keep_reader() -> None:
    """Keep a reader of scenes where a run looks for one: composing its scenes takes a minute."""
    scenes._write(reader(), reader_file(load("tiny")))


def test_two_processes_do_two_subjects_and_all_is_reported(tmp_path: Path) -> None:
    keep_reader()
    records: dict[str, dict[str, object]] = {"ball": {"class": "ball"}, "rex": {"class": "dog"}}
    folder, out = write_subjects(tmp_path / "s", records, photos=2), tmp_path / "o"
    file, chosen = tmp_path / "told.json", ["ours", "retrieval"]
    args = ["--subjects", str(folder), "--out", str(out), "--json", str(file), "--steps", "1"]
    args += ["--suite", "smoke", "--model", "tiny", "--methods", ",".join(chosen)]
    assert cli.run(["bench", "run", *args, "--workers", "2"]) == 0
    summary, report = json.loads(file.read_text()), (out / "report.md").read_text()
    assert summary == json.loads((out / "summary.json").read_text())
    done = {one: {r.method for r in read_results(out / f"results/{one}.jsonl")} for one in records}
    assert done == dict.fromkeys(records, {*chosen, *CONTROLS})
    assert set(summary["per_subject"]["ours"]["rec"]) == set(summary["forgetting"]) == set(records)
    assert [control["noticed"] for control in summary["controls"]] == [True] * 5
    assert "## Controls" in report and "retrieval" in report


def test_the_report_is_written_before_failed_subjects_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, written = SubjectsFailedError("1 of 2 subjects failed: cup."), list[Path]()

    def report(out: Path, file: Path | None) -> dict[str, object]:
        written.append(out)
        control = {"control": "yes", "noticed": False, "why": "", "measured": False}
        return {"means": [], "controls": [control], "doubts": ["Only 1 subject was measured."]}

    (tmp_path / "bench").mkdir()
    write_bench(Bench(0, (), ()), tmp_path / "bench")
    monkeypatch.setattr("bench.running.running.run_bench", Mock(side_effect=failed))
    monkeypatch.setattr("bench.report.writing.write_report", report)
    assert cli.run(["bench", "run", "--subjects", "s", "--out", str(tmp_path)]) == 1
    assert written == [tmp_path]
    said = capsys.readouterr().err
    assert "'yes' cannot be measured" in said and "1 of 2 subjects failed" in said
    assert "Only 1 subject was measured." in said


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--suite", "huge"], 3, "smoke, mini, full"),
        (["--methods", "magic"], 3, "There is no method"),
    ],
)
def test_what_is_unknown_is_named(
    subjects: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    words: str,
) -> None:
    args = ["bench", "run", "--subjects", str(subjects), "--out", str(tmp_path / "o"), *more]
    assert cli.run(args) == code
    assert words in capsys.readouterr().err


def test_a_report_of_nothing_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["bench", "report", "--out", str(tmp_path)]) == 3
    assert "omni bench run" in capsys.readouterr().err
