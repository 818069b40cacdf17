"""``omni doctor``: looks at the machine, and fails only when something failed."""

import io
import json
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import cli
from backbone.home import find_home, private_folder
from cli_doctor import Finding, examine
from cli_model_files import fingerprints
from memory.migrating import HEAD
from omni_errors import ResourceError

Out = pytest.CaptureFixture[str]


def finding(what: str) -> Finding:
    return next(f for f in examine() if f.what == what)


@pytest.fixture
def self_check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Put a self-check in place that draws nothing."""
    module = ModuleType("backbone.selfcheck")

    def run(name: str, folder: Path) -> Any:
        return SimpleNamespace(sentence="\x1b[31mred", picture=folder / "a.png", seconds=1.5)

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "backbone.selfcheck", module)
    return module


def test_a_sound_machine_passes(capsys: Out) -> None:
    assert cli.run(["doctor"]) == 0
    out = capsys.readouterr().out
    for word in ("torch", "device", "data folder", "model bagel", "tracing"):
        assert word in out


def test_findings_in_json_have_three_fields(capsys: Out) -> None:
    cli.run(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {frozenset(f) for f in findings} == {frozenset({"what", "result", "state"})}


def test_it_creates_nothing(own_home: Path) -> None:
    examine()
    assert not own_home.exists()


def test_a_wrong_device_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_DEVICE", "toaster")
    assert finding("device").state == "failed"
    assert cli.run(["doctor"]) == 1


def test_a_device_that_was_set_is_the_one_that_is_looked_at(capsys: Out) -> None:
    assert cli.run(["config", "set", "device", "cuda:7"]) == 0
    assert cli.run(["doctor"]) == 1
    assert "cuda:7" in capsys.readouterr().out


def test_a_file_where_home_belongs_fails(own_home: Path) -> None:
    own_home.write_text("")
    assert finding("data folder").state == "failed"


def test_folders_open_to_others_are_warned_of() -> None:
    data = private_folder(find_home().data)
    assert finding("data folder").state == "ok"
    data.chmod(0o755)
    assert finding("data folder").state == "warning"


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"])
def test_switches_that_send_data_out_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "false")
    assert finding("tracing").state == "ok"
    monkeypatch.setenv(name, "true")
    assert finding("tracing").state == "warning"
    assert name in finding("tracing").result


def test_a_secret_is_not_printed(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("LANGSMITH_API_KEY", "s3cret")
    cli.run(["doctor"])
    out = capsys.readouterr().out
    assert "LANGSMITH_API_KEY" in out
    assert "s3cret" not in out


@pytest.mark.usefixtures("self_check")
def test_a_try_out_shows_its_results_without_steering_the_terminal(capsys: Out) -> None:
    assert cli.run(["doctor", "--model", "tiny", "-o", "here"]) == 0
    out = capsys.readouterr().out
    assert "here/a.png" in out
    assert "\x1b" not in out
    assert "\ufffd[31mred" in out


@pytest.mark.parametrize("error", [ResourceError("no memory"), ZeroDivisionError("no memory")])
def test_a_try_out_that_breaks_is_a_finding(
    self_check: ModuleType, capsys: Out, error: Exception
) -> None:
    def fail(name: str, folder: Path) -> None:
        raise error

    self_check.run = fail  # type: ignore[attr-defined]
    assert cli.run(["doctor", "--model", "tiny"]) == 1
    assert "no memory" in capsys.readouterr().out


@pytest.fixture
def kept(own_home: Path) -> Path:
    """Keep a photo and its vector in the test's home; return the data folder."""
    from memory import open_memory

    with open_memory(find_home().data) as memory:
        user = memory.users.ensure("ana").id
        concept = memory.concepts.add(user, "Maeve", "dog")
        photo = memory.photos.add(user, concept.id, b"pixels")
        memory.index.put(user, "photo", photo.id, [1.0, 0.0])
        memory.index.sync()
        return memory.folder


@pytest.mark.usefixtures("kept")
def test_a_sound_memory_passes() -> None:
    for what in ("schema", "memory", "files", "index", "settings", "training"):
        assert finding(what).state == "ok"


def at_step(folder: Path, step: str) -> None:
    """Let a store say that it is at another step of its schema."""
    with sqlite3.connect(folder / "memory.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (step,))
    connection.close()


def step_of(folder: Path) -> str:
    connection = sqlite3.connect(folder / "memory.db")
    (step,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    return str(step)


def test_looking_migrates_nothing_and_fixing_does(
    kept: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated: list[str] = []
    monkeypatch.setattr("memory.store.migrate", lambda database: migrated.append("once"))
    at_step(kept, "r0000")
    assert finding("schema").state == "warning"
    assert finding("schema").result.startswith(f"r0000; the next use brings it to {HEAD}")
    assert step_of(kept) == "r0000" and migrated == []
    assert "memory" not in {one.what for one in examine()}
    cli.run(["doctor", "--fix"])
    assert f"Fixing: Bring the store to {HEAD}, after a backup." in capsys.readouterr().err
    assert migrated == ["once"]


def test_a_store_of_a_newer_version_fails_and_is_left_alone(kept: Path) -> None:
    at_step(kept, "r9999")
    assert finding("schema").state == "failed" and finding("schema").mend is None
    assert cli.run(["doctor", "--fix"]) == 1
    assert step_of(kept) == "r9999"


def test_a_file_that_is_no_database_is_a_failure(kept: Path) -> None:
    for path in kept.glob("memory.db*"):
        path.write_bytes(b"no database" * 100)
    assert finding("memory").state == "failed"


def test_what_memory_and_graphs_stand_on_is_told() -> None:
    for name in ("sqlalchemy", "chromadb", "langgraph"):
        assert finding(name).result[0].isdigit()


def test_weights_are_told_apart_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"abc")
    (tmp_path / "omni.json").write_bytes(b"{}")
    assert fingerprints(tmp_path) == "model.safetensors ba7816bf8f01"
    assert finding("model tiny").result == "here, weights from a seed"


def test_what_can_be_made_again_is_fixed_after_saying_so(kept: Path, capsys: Out) -> None:
    from memory.vault import Vault

    stray = Vault(kept / "vault").put(b"nobody's")
    kept.chmod(0o755)
    for path in kept.glob("index/state.json"):
        path.write_text('{"folder": "gone", "revisions": {}}')
    (kept / "memory.db").chmod(0o644)
    assert finding("left-over files").mend is not None
    assert cli.run(["doctor", "--fix"]) == 0
    err = capsys.readouterr().err
    assert "Fixing: Delete 1 file " in err and "Fixing: Make " in err
    assert not Vault(kept / "vault").has(stray)
    assert kept.stat().st_mode & 0o777 == 0o700
    assert (kept / "memory.db").stat().st_mode & 0o777 == 0o600


def test_lines_that_others_may_read_are_made_their_user_s_alone(own_home: Path) -> None:
    from assistant.history import history_file
    from cli_checkup import check_modes

    (own_home / "state").mkdir(parents=True)
    for user in ("me", "bob"):
        history_file(own_home / "state", user).touch(0o644)
    found = check_modes()
    assert len(found) == 2 and all("history" in one.result for one in found)


def test_a_store_that_another_program_writes_to_is_told(kept: Path) -> None:
    from filelock import FileLock

    from cli_checkup import check_lock

    assert finding("lock").state == "ok"
    with FileLock(kept / "memory.lock"):
        assert check_lock()[0].state == "warning"


def test_a_lock_that_cannot_be_opened_fails(kept: Path, capsys: Out) -> None:
    (kept / "memory.lock").unlink(missing_ok=True)
    # stands for a home that may not be written, whoever runs this
    (kept / "memory.lock").mkdir()
    assert finding("lock").state == "failed" and "memory.lock" in finding("lock").result
    assert cli.run(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "bug" not in out + err


def test_what_cannot_be_mended_is_told_and_the_rest_is_mended(
    kept: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    from memory.vault import Vault

    stray = Vault(kept / "vault").put(b"nobody's")
    kept.chmod(0o755)

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    assert cli.run(["doctor", "--fix"]) == 1
    assert "could not be mended: [Errno 1] Operation not permitted" in capsys.readouterr().out
    assert not Vault(kept / "vault").has(stray)


def test_where_signs_cannot_be_written_words_say_how_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, "latin-1", "replace", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    assert cli.run(["doctor"]) == 0
    lines = out.getvalue().decode("latin-1").splitlines()[1:]
    assert {line.split()[0] for line in lines} <= {"ok", "warning"}


def test_what_is_lost_is_named_and_not_touched(kept: Path) -> None:
    (photo,) = (kept / "vault").glob("??/*")
    photo.unlink()
    assert finding("files").state == "failed"
    assert finding("files").mend is None
    assert cli.run(["doctor", "--fix"]) == 1


def test_a_training_whose_files_are_gone_is_closed(kept: Path) -> None:
    from memory import open_memory

    with open_memory(kept) as memory:
        user = memory.users.ensure("ana").id
        concept = memory.concepts.get(user, "Maeve")
        run = memory.training_runs.start(user, concept.id, {"folder": "gone"})
        assert finding("training").state == "warning"
        assert cli.run(["doctor", "--fix"]) == 0
        assert memory.training_runs.get(user, run.id).state == "stopped"


def test_files_of_trainings_of_the_forgotten_are_deleted(kept: Path) -> None:
    from memory import open_memory

    with open_memory(kept) as memory:
        mine = memory.concepts.get(memory.users.ensure("ana").id, "Maeve").id
    for name in (mine, "0" * 32):
        (kept / "training" / name / "review").mkdir(parents=True)
    assert finding("training files").state == "warning"
    assert cli.run(["doctor", "--fix"]) == 0
    assert [one.name for one in (kept / "training").iterdir()] == [mine]


def test_a_damaged_file_of_runs_is_deleted(kept: Path) -> None:
    (kept / "runs.db").write_bytes(b"no database at all" * 400)
    assert finding("runs that wait").state == "failed"
    assert cli.run(["doctor", "--fix"]) == 0
    assert not (kept / "runs.db").exists()


def test_a_file_of_runs_that_is_in_use_is_left_alone(kept: Path) -> None:
    with closing(sqlite3.connect(kept / "runs.db", isolation_level=None)) as busy:
        busy.execute("CREATE TABLE one (a)")
        busy.execute("BEGIN EXCLUSIVE")
        found = finding("runs that wait")
    assert (found.state, found.mend) == ("warning", None) and "locked" in found.result


def test_broken_settings_are_a_finding(own_home: Path) -> None:
    from cli_settings import file_path, write_file

    write_file({})
    file_path().write_text("user = ")
    assert finding("settings").state == "failed"
    assert cli.run(["doctor"]) == 1


def test_a_closed_network_lets_nothing_out() -> None:
    import socket

    from cli_checkup import closed_network

    with closed_network() as asked:
        with pytest.raises(OSError, match="closed"):
            socket.getaddrinfo("example.org", 80)
        with socket.socket(socket.AF_UNIX) as ours, pytest.raises(OSError, match="closed"):
            ours.connect("/nowhere")
    assert asked == ["example.org", "/nowhere"]


def test_a_tiny_model_really_draws_and_writes(tmp_path: Path, capsys: Out) -> None:
    assert cli.run(["doctor", "--model", "tiny", "-o", str(tmp_path)]) == 0
    assert [p.suffix for p in tmp_path.iterdir() if p.is_file()] == [".png"]


def test_learning_asking_and_drawing_need_no_network(own_home: Path, capsys: Out) -> None:
    assert cli.run(["doctor", "--offline", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["findings"][-1]
    assert told["what"] == "offline" and told["state"] == "ok"
    assert told["result"] == ("tiny learned, answered, drew and forgot with the network closed")
    # in a home of its own
    assert not (own_home / "data" / "memory.db").exists()


def test_something_that_needs_the_network_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    import socket

    def reach_out(home: Path, model: str) -> str:
        with suppress(OSError):
            socket.getaddrinfo("example.org", 443)
        return "tiny learned"

    monkeypatch.setattr("cli_doctor._live", reach_out)
    assert cli.run(["doctor", "--offline"]) == 0
    assert "refused was a connection to example.org" in capsys.readouterr().out
