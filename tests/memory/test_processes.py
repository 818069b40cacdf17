"""Two processes on one store lose nothing, and one that dies leaves it whole."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from memory import Memory, open_memory
from memory.database import Database
from memory.vectors import ids
from omni_errors import ResourceError
from tests.memory.writer import write

ROOT = Path(__file__).parent.parent.parent


def start(folder: Path, who: str, count: int) -> subprocess.Popen[str]:
    call = [sys.executable, "-m", "tests.memory.writer", str(folder), who, str(count)]
    return subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def begun(folder: Path) -> Path:
    """A store with what both writers need."""
    with open_memory(folder) as store:
        user = store.users.ensure("Ana").id
        store.concepts.add(user, "Rex")
        store.conversations.add(user)
    return folder


def check_whole(store: Memory) -> None:
    """Compare all copies of the truth: rows, files, and index."""
    database = Database(store.folder)
    with database.reading() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert not session.connection().exec_driver_sql("PRAGMA foreign_key_check").all()
        held = ids(session, "fact", "default")
    database.close()
    user = store.users.get("Ana").id
    facts = store.facts.list(user, store.concepts.get(user, "Rex").id)
    assert held == {fact.id for fact in facts}
    assert store.index.sync() == len(held)
    found = store.index.nearest("fact", [1.0, 1.0, 1.0], user, 2 * len(held) + 1)
    assert {one.id for one in found} == held
    assert store.missing() == ()


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_two_processes_lose_nothing(begun: Path, count: int) -> None:
    writers = [start(begun, who, count) for who in ("one", "other")]
    for writer in writers:
        lines = writer.communicate()[0].split()
        assert (writer.returncode, len(lines)) == (0, count)
    with open_memory(begun) as store:
        user, rex = store.users.get("Ana").id, store.concepts.list(store.users.get("Ana").id)[0].id
        turns = store.turns.list(user, store.conversations.list(user)[0].id)
        assert [turn.number for turn in turns] == list(range(1, 2 * count + 1))
        versions = [one.version for one in store.checkpoints.list(user, rex)]
        assert versions == list(range(1, 2 * count + 1))
        assert len(store.facts.list(user, rex)) == 2 * (count - -(-count // 7))
        assert len(store.photos.list(user, rex)) == len(store.images.list(user)) == 2 * count
        check_whole(store)
        assert store.sweep().files == 0


def test_threads_of_one_store_lose_nothing(begun: Path) -> None:
    with open_memory(begun) as store:
        threads = [threading.Thread(target=write, args=(store, who, 10)) for who in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        user = store.users.get("Ana").id
        assert len(store.images.list(user)) == 20
        check_whole(store)


@pytest.mark.parametrize("lives", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_a_killed_writer_leaves_a_whole_store(begun: Path, lives: int) -> None:
    for life in range(lives):
        writer = start(begun, f"life {life}", 10_000)
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(1 + 3 * (life % 4))]
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with open_memory(begun) as store:
            user = store.users.get("Ana").id
            rex = store.concepts.get(user, "Rex").id
            said = [photo for photo in store.photos.list(user, rex)]
            assert len(said) >= len(told)
            store.sweep()
            check_whole(store)


def visit(folder: Path, name: str) -> None:
    """Let another process add a user and leave."""
    code = f"from memory import open_memory; open_memory({str(folder)!r}).users.ensure({name!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("habit", ["opened it twice", "forgot", "only opened it"])
def test_a_store_that_stays_open_loses_nothing_to_a_visitor(begun: Path, habit: str) -> None:
    with open_memory(begun) as store:
        ana = store.users.get("Ana").id
        if habit == "opened it twice":
            open_memory(begun).users.list()
        if habit == "forgot":
            store.forget(ana, "Rex")
            store.users.list()
        visit(begun, "Bo")
        store.users.ensure("Cy")
        visit(begun, "Di")
    with open_memory(begun) as store:
        assert [user.name for user in store.users.list()] == ["Ana", "Bo", "Cy", "Di"]


def test_processes_that_open_a_new_store_at_once_all_can(folder: Path) -> None:
    code = f"from memory import open_memory; open_memory({str(folder)!r}).users.ensure('Ana')"
    openers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(4)]
    assert [opener.wait() for opener in openers] == [0] * 4
    with open_memory(folder) as store:
        assert len(store.users.list()) == 1


def test_a_lock_that_cannot_be_opened_is_told(folder: Path) -> None:
    # stands for a home that may not be written, whoever runs this
    (folder / "memory.lock").mkdir(parents=True)
    with pytest.raises(ResourceError, match=r"memory\.lock cannot be opened: .") as caught:
        open_memory(folder)
    assert "OMNI_HOME" in caught.value.hint
