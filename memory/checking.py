"""Look whether a store is sound, and change nothing.

What is damaged can only be named; what is merely left over can be removed or built again.
"""

from dataclasses import dataclass

from sqlalchemy import text

from memory.references import referenced
from memory.store import Memory
from omni_errors import ResourceError

__all__ = ["Health", "check"]


@dataclass(frozen=True)
class Health:
    """What was found in a store."""

    # what the database says against itself, in its own words
    database: tuple[str, ...]
    # SHA-256 of files that rows name: those that are gone, and those that are not what they were
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    # files that no row names
    left_over: tuple[str, ...]
    # vectors that only SQL or only the index has; None before the index is first built
    differing: int | None
    # why the index cannot be read; empty when it can
    index: str


def check(memory: Memory) -> Health:
    """Look at the database, every file of the vault, and the index."""
    wrong = _database(memory)
    missing = memory.missing()
    with memory._database.reading() as session:
        named = referenced(session)
    kept = sorted(memory.vault.list())
    left_over = tuple(sha256 for sha256 in kept if sha256 not in named)
    damaged = tuple(sha256 for sha256 in kept if sha256 in named and not _whole(memory, sha256))
    try:
        return Health(wrong, missing, damaged, left_over, memory.index.differences(), "")
    except ResourceError as error:
        return Health(wrong, missing, damaged, left_over, None, error.message)


def _database(memory: Memory) -> tuple[str, ...]:
    """Let SQLite check itself and its references; other databases do so on their own."""
    if memory._database.file is None:
        return ()
    with memory._database.reading() as session:
        quick = [str(row[0]) for row in session.execute(text("PRAGMA quick_check"))]
        loose = session.execute(text("PRAGMA foreign_key_check")).all()
    said = [] if quick == ["ok"] else quick
    return (*said, *(f"a row of {row[0]} points to nothing in {row[2]}" for row in loose))


def _whole(memory: Memory, sha256: str) -> bool:
    try:
        memory.vault.read(sha256)
    except ResourceError:
        return False
    return True
