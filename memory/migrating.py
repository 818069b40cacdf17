"""Bring a database to the tables of this version, after a backup of what is there.

The steps are Alembic's, in ``memory/migrations/versions``. Alembic is imported only when there
is something to do.
"""

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from memory.database import Database
from memory.tables import new_id
from memory.vault import private_folder
from omni_errors import ResourceError

__all__ = ["HEAD", "backups", "migrate", "revision_of"]

# the last step
HEAD = "r0002"
_STEPS = Path(__file__).parent / "migrations"
_FOLDER = "backups"


def migrate(database: Database) -> Path | None:
    """Bring the tables up to date; return the backup, if one was needed.

    Raises:
        ResourceError: if the database was written by a newer version, or cannot be migrated.
    """
    with database.locked():
        with database.reading() as session:
            found = revision_of(session.connection())
        if found == HEAD:
            return None
        _check_known(found, database)
        backup = _back_up(database, found) if found else None
        _upgrade(database, backup)
        return backup


def revision_of(connection: Connection) -> str | None:
    """Return the step a database is at; None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def backups(folder: Path) -> list[Path]:
    """List the backups that migrations left in a data folder, oldest first."""
    return sorted((folder / _FOLDER).glob("*.db"))


def _check_known(found: str | None, database: Database) -> None:
    # steps are numbered and compare as text
    if found is not None and found > HEAD:
        raise ResourceError(
            f"The store in {database.folder} is at step {found}; this version knows up to {HEAD}.",
            hint="Install the newer OmniPersona that wrote it.",
        )


def _back_up(database: Database, found: str) -> Path | None:
    """Copy an SQLite file whole, logs included."""
    if database.file is None:
        return None
    folder = private_folder(database.folder / _FOLDER)
    backup = folder / f"{new_id()[:16]}-before-{HEAD}-at-{found}.db"
    connection = database.engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(backup),))
    finally:
        connection.close()
    backup.chmod(0o600)
    return backup


def _upgrade(database: Database, backup: Path | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        # one transaction: either all steps or none
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    except (CommandError, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kept = f" A backup is at {backup}." if backup else ""
        raise ResourceError(
            f"The store in {database.folder} cannot be migrated: {cause}. It is as it was.{kept}",
            hint="Install the version that wrote it, and report this.",
        ) from error
