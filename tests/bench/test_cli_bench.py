"""``omni bench``: what it lists, and errors that say what to do."""

import json
from pathlib import Path

import pytest

import cli
from bench.data.items import Bench, write_bench
from tests.bench.conftest import write_subjects


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
        "bench.report.writing.write_report", lambda *given: {"means": [], "controls": []}
    )
    assert cli.run(["bench", "run", "--subjects", "s", "--out", str(tmp_path)]) == 0
    assert "Left out of the photos of cup: a.heic" in capsys.readouterr().err


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
