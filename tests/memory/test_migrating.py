"""Opening brings the tables up to date, after a backup, or leaves everything as it was."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from memory import Memory, migrating, open_memory
from memory.database import Database
from memory.tables import Row
from omni_errors import InputError, ResourceError

TODAY = migrating.HEAD


def steps() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_last_step_is_the_one_opened_to() -> None:
    assert steps().get_heads() == [migrating.HEAD]
    revisions = [step.revision for step in steps().walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


def test_the_steps_lead_to_the_tables(store: Memory) -> None:
    database = Database(store.folder)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []
    database.close()


@pytest.mark.parametrize("table", Row.metadata.sorted_tables, ids=lambda table: str(table.name))
def test_the_tables_can_be_made_in_postgresql(table: object) -> None:
    made = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[arg-type, no-untyped-call]
    assert "CREATE TABLE" in made


def test_opening_again_changes_nothing(folder: Path) -> None:
    with open_memory(folder) as store:
        user = store.users.add("Ana")
    with open_memory(folder) as store:
        assert store.users.list() == (user,)
    assert migrating.backups(folder) == []


@pytest.fixture
def later(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of today, and a version of the program with one more step."""
    with open_memory(folder) as store:
        store.users.add("Ana")
    place = tmp_path / "steps"
    shutil.copytree(migrating._STEPS, place, ignore=shutil.ignore_patterns("__pycache__"))
    step = f'from alembic import op\nrevision = "r9000"\ndown_revision = "{migrating.HEAD}"\n'
    (place / "versions" / "r9000_more.py").write_text(
        f"{step}def upgrade():\n"
        '    op.execute("CREATE TABLE more (id INT)")\n    op.execute(STATEMENT)\n'
    )
    monkeypatch.setattr(migrating, "_STEPS", place)
    monkeypatch.setattr(migrating, "HEAD", "r9000")
    return place / "versions" / "r9000_more.py"


def test_a_migration_leaves_a_backup_of_before(folder: Path, later: Path) -> None:
    later.write_text(later.read_text().replace("STATEMENT", "'SELECT 1'"))
    with open_memory(folder) as store:
        assert [user.name for user in store.users.list()] == ["Ana"]
    (backup,) = migrating.backups(folder)
    with open_memory(folder, f"sqlite:///{folder / 'memory.db'}"):
        assert migrating.backups(folder) == [backup]
    kept = sqlite3.connect(backup)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == (TODAY,)
    kept.close()


def test_a_migration_that_fails_changes_nothing(folder: Path, later: Path) -> None:
    later.write_text(later.read_text().replace("STATEMENT", "'SELECT nonsense FROM nowhere'"))
    with pytest.raises(ResourceError, match="cannot be migrated.*backup"):
        open_memory(folder)
    database = sqlite3.connect(folder / "memory.db")
    assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (TODAY,)
    assert not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchall()
    database.close()


def test_a_newer_store_is_refused(folder: Path) -> None:
    open_memory(folder).close()
    database = sqlite3.connect(folder / "memory.db")
    with database:
        database.execute("UPDATE alembic_version SET version_num = 'r9999'")
    database.close()
    with pytest.raises(ResourceError, match="r9999.*newer"):
        open_memory(folder)


def test_what_is_no_database_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "memory.db").write_bytes(b"a letter to grandmother" * 99)
    with pytest.raises(ResourceError, match=r"memory\.db cannot be used"):
        open_memory(folder)
    assert (folder / "memory.db").read_bytes().startswith(b"a letter")


def test_every_connection_keeps_the_rules(store: Memory) -> None:
    database = Database(store.folder)
    wanted = {"foreign_keys": 1, "secure_delete": 1, "journal_mode": "wal", "busy_timeout": 30000}
    with database.engine.connect() as one, database.engine.connect() as two:
        for name, value in wanted.items():
            for connection in (one, two):
                assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    database.close()


def test_a_store_in_memory_works(folder: Path) -> None:
    with open_memory(folder, "sqlite://") as store:
        user = store.users.add("Ana").id
        store.concepts.add(user, "Rex")
        assert [concept.name for concept in store.concepts.list(user)] == ["Rex"]
    assert not (folder / "memory.db").exists()


def test_a_url_that_is_none_is_refused_without_its_password(folder: Path) -> None:
    with pytest.raises(InputError, match="URL cannot be read") as error:
        open_memory(folder, "secret@nowhere")
    assert "secret" not in str(error.value)
    with pytest.raises(ResourceError, match="No driver"):
        open_memory(folder, "nosuchdatabase://secret@host/name")


def test_concepts_of_the_first_step_are_kept_without_former_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "HEAD", "r0001")
    database = Database(folder)
    migrating.migrate(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO user VALUES ('u', 'Ana', 'ana', '2026-01-01')")
        row = "'Rex', 'rex', 'dog', '2026-01-01', 'c', 'u'"
        connection.exec_driver_sql(f"INSERT INTO concept VALUES ({row})")
    database.close()
    monkeypatch.undo()
    with open_memory(folder) as store:
        assert [(one.name, one.former_names) for one in store.concepts.list("u")] == [("Rex", ())]
        assert store.concepts.rename("u", "Rex", "Max").former_names == ("Rex",)
