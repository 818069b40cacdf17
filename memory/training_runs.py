"""Training runs: each attempt to learn a concept, and how it went."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.names import check_json, check_text
from memory.tables import TrainingRunRow, now
from memory.values import TrainingRun
from omni_errors import InputError, NotFoundError

__all__ = ["End", "TrainingRuns"]

End = Literal["done", "failed", "stopped"]
_ENDS = ("done", "failed", "stopped")


class TrainingRuns:
    """Record attempts to learn a concept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, user: str, concept_id: str, recipe: Mapping[str, Any]) -> TrainingRun:
        """Record that learning begins.

        Raises:
            NotFoundError: if the user has no such concept.
            InputError: if the recipe is no JSON.
        """
        row = TrainingRunRow(user_id=user, concept_id=concept_id, state="running", metrics={})
        row.recipe = check_json(recipe, "recipe")
        with self._database.writing() as session:
            owned_concept(session, user, concept_id)
            session.add(row)
            session.flush()
            return _value(row)

    def report(self, user: str, run_id: str, metrics: Mapping[str, Any]) -> TrainingRun:
        """Add numbers to a run; those of the same name are replaced."""
        kept = check_json(metrics, "metrics")
        with self._database.writing() as session:
            row = _owned(session, user, run_id)
            row.metrics = {**row.metrics, **kept}
            return _value(row)

    def finish(
        self, user: str, run_id: str, state: End, *, message: str = "", version: int | None = None
    ) -> TrainingRun:
        """Record how a run ended, and the checkpoint version that it made.

        Raises:
            NotFoundError: if the user has no such run.
            InputError: if it has ended before, or the state is none.
        """
        if state not in _ENDS:
            raise InputError(f"A run cannot end {state!r}.", hint=f"Use one of {', '.join(_ENDS)}.")
        kept = check_text(message, "message")
        with self._database.writing() as session:
            row = _owned(session, user, run_id)
            if row.state != "running":
                raise InputError(f"The run is {row.state} already.", hint="Start another one.")
            row.state, row.message, row.version, row.finished_at = state, kept, version, now()
            return _value(row)

    def get(self, user: str, run_id: str) -> TrainingRun:
        """Return a run.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _value(_owned(session, user, run_id))

    def running(self, user: str) -> tuple[TrainingRun, ...]:
        """Return a user's runs that have not ended, oldest first; a crash leaves them so."""
        query = select(TrainingRunRow).where(
            TrainingRunRow.user_id == user, TrainingRunRow.state == "running"
        )
        with self._database.reading() as session:
            return tuple(map(_value, session.scalars(query.order_by(TrainingRunRow.id))))

    def list(self, user: str, concept_id: str) -> tuple[TrainingRun, ...]:
        """Return the runs of a concept, newest first.

        Raises:
            NotFoundError: if the user has no such concept.
        """
        query = (
            select(TrainingRunRow)
            .where(TrainingRunRow.user_id == user, TrainingRunRow.concept_id == concept_id)
            .order_by(TrainingRunRow.id.desc())
        )
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            return tuple(map(_value, session.scalars(query)))


def _owned(session: Session, user: str, run_id: str) -> TrainingRunRow:
    row = session.scalar(
        select(TrainingRunRow).where(TrainingRunRow.user_id == user, TrainingRunRow.id == run_id)
    )
    if row is None:
        raise NotFoundError(
            f"There is no training run with the id {run_id!r}.",
            hint="List the runs of its concept.",
        )
    return row


def _value(row: TrainingRunRow) -> TrainingRun:
    return TrainingRun(
        row.id,
        row.user_id,
        row.concept_id,
        row.state,
        row.recipe,
        row.metrics,
        row.message,
        row.version,
        row.started_at,
        row.finished_at,
    )
