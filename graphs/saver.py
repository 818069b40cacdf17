"""Where unfinished runs are kept: one SQLite file, readable by its owner alone."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from omni_errors import ResourceError

__all__ = ["erase", "open_saver", "threads"]


@contextmanager
def open_saver(path: Path) -> Iterator[SqliteSaver]:
    """Open the file, made when it is not there, and close it at the end.

    Raises:
        ResourceError: if it is damaged, or the disk is full.
    """
    path.touch(mode=0o600, exist_ok=True)
    try:
        yield from _opened(path)
    except sqlite3.Error as error:
        raise ResourceError(
            f"{path}, which keeps questions that wait and stopped trainings, fails: {error}.",
            hint="If it is damaged, `omni doctor --fix` deletes it; no memory lies there.",
        ) from error


def _opened(path: Path) -> Iterator[SqliteSaver]:
    # a run may be resumed by another thread than started it
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        # states are plain JSON types: nothing else is ever read back
        serde = JsonPlusSerializer(allowed_msgpack_modules=None)
        # deleted text is overwritten, not only unlinked
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA busy_timeout=10000")
        yield SqliteSaver(connection, serde=serde)


def threads(saver: SqliteSaver) -> tuple[str, ...]:
    """Name the runs that are kept."""
    saver.setup()
    rows = saver.conn.execute("SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id")
    return tuple(str(row[0]) for row in rows)


def erase(saver: SqliteSaver, names: Iterable[str]) -> None:
    """Delete runs, and write what they said out of the file."""
    for name in names:
        saver.delete_thread(name)
    saver.conn.commit()
    saver.conn.execute("VACUUM")
    saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
