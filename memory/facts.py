"""Facts: what is known about a concept, a sentence each."""

from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.names import MAX_FACT, check_name, check_text
from memory.tables import FactRow, VectorRow
from memory.values import Fact
from omni_errors import NotFoundError

__all__ = ["Facts", "fact_digest"]


def fact_digest(text: str) -> str:
    """Return what stands for a fact where it was learned, in the sidecar of a checkpoint."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:16]


class Facts:
    """Add, change and remove facts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: str, concept_id: str, text: str, *, source: str = "user") -> Fact:
        """Add a fact; one that is there already is returned as it is.

        Raises:
            NotFoundError: if the user has no such concept.
            InputError: if the text is empty or too long.
        """
        kept, origin = check_text(text, "fact", MAX_FACT, empty=False), check_name(source, "source")
        with self._database.writing() as session:
            owned_concept(session, user, concept_id)
            row = session.scalar(
                select(FactRow).where(
                    FactRow.user_id == user, FactRow.concept_id == concept_id, FactRow.text == kept
                )
            )
            if row is None:
                row = FactRow(user_id=user, concept_id=concept_id, text=kept, source=origin)
                session.add(row)
                session.flush()
            return _value(row)

    def get(self, user: str, fact_id: str) -> Fact:
        """Return a fact.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _value(_owned(session, user, fact_id))

    def change(self, user: str, fact_id: str, text: str) -> Fact:
        """Say a fact anew. Its vectors no longer fit and go."""
        kept = check_text(text, "fact", MAX_FACT, empty=False)
        with self._database.writing() as session:
            row = _owned(session, user, fact_id)
            if row.text != kept:
                row.text = kept
                session.execute(delete(VectorRow).where(VectorRow.fact_id == fact_id))
            return _value(row)

    def remove(self, user: str, fact_id: str) -> None:
        """Remove a fact from view; `Memory.forget` removes bytes."""
        with self._database.writing() as session:
            session.delete(_owned(session, user, fact_id))

    def of_user(self, user: str) -> tuple[Fact, ...]:
        """Return all facts of a user, in the order they came."""
        query = select(FactRow).where(FactRow.user_id == user)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(FactRow.created_at, FactRow.id))
            return tuple(map(_value, rows))

    def list(self, user: str, concept_id: str) -> tuple[Fact, ...]:
        """Return the facts about a concept in the order they came.

        Raises:
            NotFoundError: if the user has no such concept.
        """
        query = (
            select(FactRow)
            .where(FactRow.user_id == user, FactRow.concept_id == concept_id)
            .order_by(FactRow.created_at, FactRow.id)
        )
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            return tuple(map(_value, session.scalars(query)))


def _owned(session: Session, user: str, fact_id: str) -> FactRow:
    row = session.scalar(select(FactRow).where(FactRow.user_id == user, FactRow.id == fact_id))
    if row is None:
        raise NotFoundError(
            f"There is no fact with the id {fact_id!r}.", hint="List the facts of its concept."
        )
    return row


def _value(row: FactRow) -> Fact:
    return Fact(row.id, row.user_id, row.concept_id, row.text, row.source, row.created_at)
