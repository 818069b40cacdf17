"""``omni model rm``: only what is meant goes, after asking."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli
from backbone.catalog import find_entry
from backbone.home import find_home

Out = pytest.CaptureFixture[str]
OTHER = "0" * 40


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """Lay two revisions of bagel into the cache; they share a file, and one has another."""
    source = find_entry("bagel").hub
    assert source is not None
    repo = tmp_path / "hub" / f"models--{source.repo.replace('/', '--')}"
    (repo / "blobs").mkdir(parents=True)
    (repo / "blobs" / "shared").write_bytes(b"12")
    (repo / "blobs" / "own").write_bytes(b"12345")
    for revision, names in ((source.revision, ("shared", "own")), (OTHER, ("shared",))):
        folder = repo / "snapshots" / revision
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).symlink_to(Path("..", "..", "blobs", name))
    (tmp_path / "hub" / "models--a--b" / "snapshots").mkdir(parents=True)
    return repo


@pytest.fixture
def built() -> Path:
    """Lay omni-mini, of two versions of its weights, into the cache."""
    place = find_home().cache / "models"
    for version in ("aaa", "bbb"):
        (place / f"omni-mini-{version}").mkdir(parents=True)
        (place / f"omni-mini-{version}" / "ema.safetensors").write_bytes(b"123")
    (place / "omni-mini.lock").touch()
    (place / "omni-minimal").mkdir()
    return place


def removed(capsys: Out, *more: str) -> Any:
    code = cli.run(["model", "rm", *more, "--yes", "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_one_revision_goes_and_others_keep_what_they_need(hub: Path, capsys: Out) -> None:
    assert removed(capsys, "bagel") == (0, {"name": "bagel", "bytes": 5})
    assert [path.name for path in (hub / "blobs").iterdir()] == ["shared"]
    code, told = removed(capsys, "bagel")
    assert code == 5 and OTHER in told["error"]["hint"]
    assert removed(capsys, "bagel", "--revision", OTHER)[0] == 0
    assert not hub.exists() and (hub.parent / "models--a--b").exists()


def test_the_built_model_goes_whole(built: Path, capsys: Out) -> None:
    assert removed(capsys, "omni-mini") == (0, {"name": "omni-mini", "bytes": 6})
    assert sorted(path.name for path in built.iterdir()) == ["omni-mini.lock", "omni-minimal"]
    assert removed(capsys, "omni-mini")[0] == 5


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (["tiny"], 3),
        (["nope"], 3),
        (["bagel"], 5),
        (["omni-mini"], 5),
        (["omni-mini", "--revision", "abc"], 2),
    ],
)
def test_what_is_not_there_cannot_go(call: list[str], code: int) -> None:
    assert cli.run(["model", "rm", *call, "--yes"]) == code


def test_without_a_terminal_and_yes_nothing_goes(
    built: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert cli.run(["model", "rm", "omni-mini"]) == 4
    assert "omni model rm omni-mini --yes" in capsys.readouterr().err
    assert (built / "omni-mini-aaa" / "ema.safetensors").is_file()


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 4)])
def test_a_person_is_asked_with_size_and_place(
    built: Path, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int
) -> None:
    asked: list[str] = []

    def confirm(question: str, **options: Any) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", confirm)
    assert cli.run(["model", "rm", "omni-mini"]) == code
    assert asked == [f"Remove omni-mini, 0.0 MB, from {built}?"]
    assert (built / "omni-mini-aaa").exists() is not answer
