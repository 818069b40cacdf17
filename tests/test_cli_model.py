"""``omni model``: lists, counts, asks before it fetches."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import cli
from backbone import hub

Out = pytest.CaptureFixture[str]
PLAN = hub.PullPlan("someone/some-model", "abc", total=3_000_000_000, missing=2_000_000_000)


@pytest.fixture
def fake_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Put a hub in place that remembers what was fetched."""
    fetched: list[Any] = []

    def pull(entry: Any, revision: str | None) -> Path:
        fetched.append((entry.name, revision))
        return tmp_path

    monkeypatch.setattr(hub, "plan_pull", lambda entry, revision: PLAN)
    monkeypatch.setattr(hub, "pull", pull)
    return fetched


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)


def test_the_group_alone_lists(capsys: Out) -> None:
    assert cli.run(["model"]) == 0
    listed = capsys.readouterr().out
    cli.run(["model", "list"])
    assert listed == capsys.readouterr().out
    assert "BAGEL-7B-MoT" in listed


def test_the_list_tells_what_is_here(capsys: Out) -> None:
    cli.run(["model", "list", "--json"])
    here = {m["name"]: m["here"] for m in json.loads(capsys.readouterr().out)["models"]}
    assert here["tiny"]
    assert not here["bagel"]


def test_info_counts_without_weights(capsys: Out) -> None:
    assert cli.run(["model", "info", "bagel"]) == 0
    assert "14,607,260,128" in capsys.readouterr().out


def test_info_in_json_has_parts_and_memory(capsys: Out) -> None:
    cli.run(["model", "info", "tiny", "--json"])
    data = json.loads(capsys.readouterr().out)
    assert data["parameters"] == sum(n for p, n in data["parts"].items() if p != "autoencoder")
    peak = data["memory"]["nf4"]
    assert peak["peak"] == peak["weights"] + peak["cache"] + peak["activations"]


@pytest.mark.parametrize("command", ["info", "pull", "path"])
def test_an_unknown_name_is_not_found(command: str, capsys: Out) -> None:
    assert cli.run(["model", command, "nope"]) == 3
    assert "omni model list" in capsys.readouterr().err


def test_the_path_of_a_model_not_pulled_is_5(capsys: Out) -> None:
    assert cli.run(["model", "path", "bagel"]) == 5
    assert "omni model pull bagel" in capsys.readouterr().err


def test_the_path_is_printed_alone(
    capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub, "pulled_folder", lambda entry: tmp_path)
    cli.run(["model", "path", "bagel"])
    assert capsys.readouterr().out == f"{tmp_path}\n"
    cli.run(["model", "path", "bagel", "--json"])
    assert json.loads(capsys.readouterr().out) == {"name": "bagel", "path": str(tmp_path)}


def test_pulling_what_needs_no_weights_is_wrong_usage() -> None:
    assert cli.run(["model", "pull", "tiny"]) == 2


def test_pulling_offline_is_5(capsys: Out) -> None:
    assert cli.run(["model", "pull", "bagel"]) == 5
    assert "HF_HUB_OFFLINE" in capsys.readouterr().err


def test_with_yes_nobody_is_asked(fake_hub: list[Any], capsys: Out, tmp_path: Path) -> None:
    assert cli.run(["model", "pull", "bagel", "--yes", "--revision", "abc"]) == 0
    assert fake_hub == [("bagel", "abc")]
    assert capsys.readouterr().out == f"{tmp_path}\n"


def test_without_a_terminal_and_yes_it_is_refused(
    fake_hub: list[Any], capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert cli.run(["model", "pull", "bagel"]) == 4
    assert not fake_hub
    assert "--yes" in capsys.readouterr().err


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 4)])
def test_a_person_is_asked_with_the_size(
    fake_hub: list[Any], monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    asked: list[str] = []

    def confirm(question: str, **options: Any) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr("typer.confirm", confirm)
    assert cli.run(["model", "pull", "bagel"]) == code
    assert asked == ["Fetch 2.0 GB of 3.0 GB from someone/some-model?"]
    assert bool(fake_hub) is answer


def test_building_the_embedded_model_says_nothing_in_a_pipe(
    capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tqdm.auto import tqdm

    from backbone.mini import installed, trunk

    def install(get: Any) -> Path:
        for _ in tqdm(range(3), desc="Converting and de-quantizing"):
            found: Path = get(tmp_path)
        return found

    monkeypatch.setattr(installed, "is_installed", lambda: False)
    monkeypatch.setattr(installed, "install", install)
    monkeypatch.setattr(trunk, "fetch", lambda folder: folder / "weights")
    assert cli.run(["model", "pull", "omni-mini", "--yes"]) == 0
    assert capsys.readouterr() == (f"{tmp_path / 'weights'}\n", "")
