"""What the doctor finds in a user's files, and how it mends it: only what can be made again."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from backbone.home import find_home
from cli_output import counted
from cli_picture import how
from cli_settings import file_path, read_file
from omni_errors import OmniError, ResourceError

if TYPE_CHECKING:
    from memory import Memory
    from memory.checking import Health

__all__ = [
    "Finding",
    "check_lock",
    "check_memory",
    "check_modes",
    "check_runs",
    "check_settings",
    "check_terminal",
    "closed_network",
]


@dataclass(frozen=True)
class Finding:
    """Hold one thing the doctor looked at."""

    what: str
    result: str
    # "ok", "warning" or "failed"
    state: str = "ok"
    # what --fix does about it, as it is said before; empty when nothing can be done
    remedy: str = ""
    # does it
    mend: Callable[[], None] | None = None


def check_settings() -> Finding:
    """Look whether the settings can be read."""
    try:
        count = len(read_file())
    except OmniError as error:
        return Finding("settings", str(error), "failed")
    return Finding("settings", f"{count} in {file_path()}" if count else "all at their defaults")


def check_terminal() -> Finding:
    """Look how pictures are shown here."""
    ways = {
        "none": "paths only: this is no terminal, or has no colours",
        "block": "half blocks; more with pip install 'omnipersona[terminal]', where it can",
        "tgp": "in full, by the protocol of kitty",
        "sixel": "in full, as sixels",
    }
    return Finding("pictures in the terminal", ways[how()])


def check_modes() -> list[Finding]:
    """Look whether others may read what is kept."""
    if sys.platform == "win32":
        return []
    return [finding for path in _private() if (finding := _mode(path)) is not None]


def _private() -> Iterator[Path]:
    from assistant.history import history_files

    home = find_home()
    # unlike the methods of paths, these take what may not be looked into for what is not there
    yield from filter(os.path.isdir, (home.data / "vault", home.data / "images"))
    yield from sorted(home.data.glob("memory.db*"))
    yield from filter(os.path.isfile, (*history_files(home.state), file_path()))


def _mode(path: Path) -> Finding | None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return None
    wanted = 0o700 if path.is_dir() else 0o600
    return Finding(
        "permissions",
        f"{path} is open to others: mode {mode:o}",
        "warning",
        f"Make {path} yours alone.",
        lambda: os.chmod(path, wanted),
    )


def check_lock() -> list[Finding]:
    """Look whether another program is writing to the store."""
    file = find_home().data / "memory.lock"
    if not os.path.lexists(file):
        return []
    from filelock import FileLock, Timeout

    try:
        with FileLock(file, timeout=0):
            return [Finding("lock", "free")]
    except Timeout:
        return [Finding("lock", "held by another program, for now: it is writing", "warning")]
    except OSError as error:
        return [Finding("lock", f"{file} cannot be opened: {error.strerror}", "failed")]


def check_runs() -> list[Finding]:
    """Look whether the file of questions that wait and stopped trainings can be read."""
    import sqlite3
    from contextlib import closing

    file = find_home().data / "runs.db"
    if not os.path.isfile(file):
        return []
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as opened:
            (said,) = opened.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        # locked, or not to be opened: nothing says that it is damaged
        return [Finding("runs that wait", f"{file}: {error}", "warning")]
    except sqlite3.Error as error:
        said = str(error)
    if said == "ok":
        return [Finding("runs that wait", "can be read")]
    remedy = f"Delete {file}; questions that wait and stopped trainings begin anew."
    return [Finding("runs that wait", f"{file}: {said}", "failed", remedy, partial(_drop, file))]


def _drop(file: Path) -> None:
    """Delete a database with what lies beside it; it may say what was forgotten since."""
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()


def check_memory() -> list[Finding]:
    """Look at the store, if there is one; nothing is made or changed."""
    data = find_home().data
    if not os.path.isfile(data / "memory.db"):
        return [Finding("memory", "nothing is remembered yet")]
    from memory import open_memory
    from memory.checking import check

    try:
        schema = _schema(data)
        if schema.state != "ok":
            # opening the store would migrate it
            return [schema]
        with open_memory(data) as memory:
            health = check(memory)
            trainings = [_trainings(memory), *_strays(memory)]
    except OmniError as error:
        return [Finding("memory", str(error), "failed")]
    return [schema, _database(health), *_files(health, data), _index(health, data), *trainings]


def _schema(data: Path) -> Finding:
    """Look which step of the schema the store is at, and leave it there."""
    from memory.database import Database
    from memory.migrating import HEAD, revision_of

    database = Database(data)
    try:
        with database.reading() as session:
            found = revision_of(session.connection())
    finally:
        database.close()
    if found == HEAD:
        return Finding("schema", HEAD)
    # steps are numbered and compare as text
    if found is not None and found > HEAD:
        told = f"{found}, of a newer OmniPersona; this one knows up to {HEAD}: install that one"
        return Finding("schema", told, "failed")
    return Finding(
        "schema",
        f"{found or 'before the first step'}; the next use brings it to {HEAD}, after a backup. "
        "The rest is looked at then",
        "warning",
        f"Bring the store to {HEAD}, after a backup.",
        partial(_with, data, lambda memory: None),
    )


def _database(health: "Health") -> Finding:
    if health.database:
        return Finding("memory", "; ".join(health.database[:3]), "failed")
    return Finding("memory", "the database is sound")


def _files(health: "Health", data: Path) -> Iterator[Finding]:
    if health.missing:
        yield Finding("files", f"{_files_of(health.missing)} missing; restore a backup", "failed")
    if health.damaged:
        yield Finding("files", f"{_files_of(health.damaged)} damaged; restore a backup", "failed")
    if not health.missing and not health.damaged:
        yield Finding("files", "all there, and as they were")
    if health.left_over:
        yield Finding(
            "left-over files",
            f"{len(health.left_over)} that nothing refers to",
            "warning",
            f"Delete {counted(len(health.left_over), 'file')} that nothing refers to.",
            partial(_with, data, lambda memory: memory.sweep()),
        )


def _files_of(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0][:12]}…{more}"


def _index(health: "Health", data: Path) -> Finding:
    if health.index:
        return Finding(
            "index",
            health.index,
            "failed",
            "Build the index anew from the database.",
            partial(_with, data, lambda memory: memory.index.rebuild()),
        )
    if health.differing is None:
        return Finding("index", "not built yet; the next question does it")
    if health.differing:
        return Finding(
            "index",
            f"differs from the database by {health.differing} vectors; the next question mends it",
            "ok",
            "Bring the index up to date.",
            partial(_with, data, lambda memory: memory.index.sync()),
        )
    return Finding("index", "holds what the database holds")


def _trainings(memory: "Memory") -> Finding:
    """Look for trainings that were stopped: those with files go on, the others are over."""
    waiting, over = list[str](), list[tuple[str, str]]()
    for user in memory.users.list():
        for run in memory.training_runs.running(user.id):
            folder = memory.folder / "training" / run.concept_id / str(run.recipe.get("folder"))
            if folder.is_dir():
                waiting.append(memory.concepts.by_id(user.id, run.concept_id).name)
            else:
                over.append((user.id, run.id))
    if over:
        found = f"{len(over)} recorded as running, whose files are gone"
        remedy = f"Record {len(over)} trainings as stopped."
        mend = partial(_with, memory.folder, partial(_stop, over))
        return Finding("training", found, "warning", remedy, mend)
    if waiting:
        names = ", ".join(dict.fromkeys(waiting))
        return Finding("training", f"under way, or stopped: `omni concept train` goes on: {names}")
    return Finding("training", "none is under way")


def _strays(memory: "Memory") -> list[Finding]:
    """Look for files of trainings whose concepts are forgotten."""
    strays = _unknown(memory)
    if not strays:
        return []
    found = f"{len(strays)} folders of {memory.folder / 'training'} are of nobody who is known"
    mend = partial(_with, memory.folder, _delete)
    return [Finding("training files", found, "warning", "Delete them.", mend)]


def _unknown(memory: "Memory") -> list[Path]:
    """Name the folders of trainings of no concept; those at work have a lock."""
    # the folders first: a concept that comes meanwhile is then known
    folders = sorted((memory.folder / "training").glob("*/"))
    users = memory.users.list()
    known = {concept.id for user in users for concept in memory.concepts.list(user.id)}
    return [one for one in folders if one.name not in known and not any(one.glob("*.lock"))]


def _delete(memory: "Memory") -> None:
    for folder in _unknown(memory):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise ResourceError(
                f"{folder} cannot be deleted: {error.strerror}.", hint="Delete it yourself."
            ) from error


def _stop(runs: list[tuple[str, str]], memory: "Memory") -> None:
    for user, run in runs:
        memory.training_runs.finish(user, run, "stopped", message="Its files are gone.")


def _with(data: Path, work: "Callable[[Memory], object]") -> None:
    from memory import open_memory

    with open_memory(data) as memory:
        work(memory)


@contextmanager
def closed_network() -> Iterator[list[str]]:
    """Refuse every connection of this process meanwhile; give what was asked for."""
    import socket

    asked: list[str] = []

    def refuse(*args: object, **_: object) -> None:
        # a name is looked up before anything else is given; an address comes last
        asked.append(str(args[0] if isinstance(args[0], str) else args[-1]))
        raise OSError("the network is closed for this check")

    names = ("connect", "connect_ex", "sendto")
    before = {name: getattr(socket.socket, name) for name in names}
    looked_up = socket.getaddrinfo
    try:
        for name in names:
            setattr(socket.socket, name, refuse)
        socket.getaddrinfo = refuse  # type: ignore[assignment]
        yield asked
    finally:
        for name, method in before.items():
            setattr(socket.socket, name, method)
        socket.getaddrinfo = looked_up
