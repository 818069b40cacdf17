"""The database: one engine, one lock, and sessions that commit or leave nothing.

SQLite in the data folder by default, any other database by URL. Writers take the lock of the
data folder first, so that on SQLite none of them ever meets another one halfway, and so that no
file of the vault is swept between landing there and being named by a row.

Nothing else may open SQLite's files while this process is connected to them: closing any handle
of a file drops all POSIX locks that the process has on it, and without them another process
takes itself for the last one and deletes the log under us. `Database.released` is for reading
their bytes nevertheless.
"""

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from memory.names import folded
from memory.tables import to_json
from memory.vault import private_folder
from omni_errors import InputError, ResourceError

__all__ = ["FOLD", "Database"]

# what `memory.names.folded` is called in SQLite
FOLD = "omni_folded"

# seconds
_PATIENCE = 120
# milliseconds
_VACUUM_PATIENCE = 5_000
_PRAGMAS = {
    "busy_timeout": "30000",
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "foreign_keys": "ON",
    "secure_delete": "ON",
}


# all of this process, and a lock around looking at them and around making files
_ALL: "weakref.WeakSet[Database]" = weakref.WeakSet()
_ALONE = threading.Lock()


class Database:
    """Give sessions on one database. It knows no tables."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = private_folder(folder)
        self.url = _parse(url, self.folder)
        # None for a server, or for SQLite in memory
        self.file = _sqlite_file(self.url)
        self.lock = FileLock(self.folder / "memory.lock", timeout=_PATIENCE, mode=0o600)
        self.engine = _engine(self.url, self.file)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._thread = threading.local()
        with _ALONE:
            _ALL.add(self)

    @property
    def is_sqlite(self) -> bool:
        """Tell whether it is SQLite, in a file or in memory."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session to look; inside a writing one of this thread it is the same."""
        outer: Session | None = getattr(self._thread, "session", None)
        if outer is not None:
            yield outer
            return
        with self._told(), self._sessions() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Take the lock and open a session that commits at the end, or rolls back.

        Nested ones of a thread join the outermost.
        """
        outer: Session | None = getattr(self._thread, "session", None)
        if outer is not None:
            yield outer
            outer.flush()
            return
        with self.locked(), self._told(), self._sessions.begin() as session:
            self._thread.session = session
            try:
                yield session
            finally:
                self._thread.session = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the data folder.

        Raises:
            ResourceError: if another process holds it for too long, or it cannot be opened.
        """
        try:
            self.lock.acquire()
        except Timeout as error:
            raise ResourceError(
                f"The store in {self.folder} stayed locked for {_PATIENCE} s.",
                hint="Close the other program that uses it, then try again.",
            ) from error
        except OSError as error:
            raise ResourceError(
                f"The lock {self.lock.lock_file} cannot be opened: {error.strerror}.",
                hint="Set OMNI_HOME to a folder you may write to.",
            ) from error
        try:
            yield
        finally:
            self.lock.release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Give up this process's connections to the file, before its bytes are read and after."""
        self._release()
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        with _ALONE:
            same = [one for one in _ALL if one.file is not None and one.file == self.file]
        for database in same:
            database.engine.dispose()

    def vacuum(self) -> str:
        """Write deleted bytes out of the SQLite file; return what hindered it, or nothing."""
        if self.file is None:
            if self.is_sqlite:
                # in memory: nothing of it outlives the process
                return ""
            return "The database is a server: what it keeps of deleted rows was not reached."
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_VACUUM_PATIENCE}")
            cursor.execute("VACUUM")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={_PRAGMAS['busy_timeout']}")
        except sqlite3.Error as error:
            return f"The database could not be written anew: {error}. Old pages may remain."
        finally:
            connection.close()
        return (
            "Another program was reading: the database's log still has old pages." if busy else ""
        )

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what a database's own errors mean."""
        try:
            yield
        except IntegrityError as error:
            raise InputError(
                "The store refused this: another row has that name or number, or a row it "
                "points to is gone.",
                hint="Look again with a list command, then try again.",
            ) from error
        except UnicodeEncodeError as error:
            raise InputError(
                f"{error.object[:40]!r} is no text.", hint="Write it without what is no letter."
            ) from error
        except DBAPIError as error:
            raise ResourceError(
                f"The database in {self.file or 'the server'} cannot be used: {error.orig}.",
                hint="Run 'omni doctor'.",
            ) from error


def _parse(url: str | None, folder: Path) -> URL:
    if url is None:
        return URL.create("sqlite", database=str(folder / "memory.db"))
    try:
        return make_url(url)
    except ArgumentError as error:
        # the text may hold a password: it is not repeated
        raise InputError(
            "The database URL cannot be read.", hint="Write it like postgresql://host/name."
        ) from error


def _sqlite_file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database)).absolute()


def _engine(url: URL, file: Path | None) -> Engine:
    options: dict[str, Any] = {"json_serializer": to_json}
    if url.get_backend_name() == "sqlite" and file is None:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    if file is not None:
        _private_file(file)
    try:
        engine = create_engine(url, **options)
    except (ImportError, NoSuchModuleError) as error:
        raise ResourceError(
            f"No driver for {url.drivername!r} is installed.",
            hint="Install one, for PostgreSQL 'pip install psycopg[binary]'.",
        ) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def _private_file(file: Path) -> None:
    """Make the file before SQLite does; its log files take over the mode.

    One that is there is not opened, since closing it would drop the locks on it.
    """
    private_folder(file.parent)
    try:
        with _ALONE, suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise ResourceError(
            f"The database {file} cannot be opened: {error.strerror}.",
            hint="Set OMNI_HOME to a folder you may write to.",
        ) from error


def _set_up(connection: Any, _record: object) -> None:
    # the driver would commit before some statements: begin and commit are ours (see _begin)
    connection.isolation_level = None
    connection.create_function(FOLD, 1, folded, deterministic=True)
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
