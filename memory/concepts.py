"""Concepts: the people, pets and things of a user."""

from collections.abc import Iterable

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from memory.database import Database
from memory.names import check_name, check_text, name_key
from memory.tables import CheckpointRow, ConceptRow, FactRow, PhotoRow, UserRow
from memory.values import Concept, ConceptSummary
from omni_errors import InputError, NotFoundError

__all__ = ["Concepts", "owned_concept"]


class Concepts:
    """Add, find and rename the concepts of a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, user: str, name: str, class_name: str = "", former: Iterable[str] = ()
    ) -> Concept:
        """Add a concept for a user; ``former`` are names that it had elsewhere.

        Raises:
            InputError: if the user has one of that name, in whatever case.
            NotFoundError: if there is no such user.
        """
        kept, kind = check_name(name), _check_class(class_name)
        with self._database.writing() as session:
            if session.get(UserRow, user) is None:
                raise NotFoundError(f"There is no user {user!r}.", hint="Add the user first.")
            _check_free(session, user, kept)
            row = ConceptRow(user_id=user, name=kept, name_key=name_key(kept), class_name=kind)
            row.former_names = _before(kept, map(check_name, former))
            session.add(row)
            session.flush()
            return _value(row)

    def get(self, user: str, name: str) -> Concept:
        """Return a user's concept by name, or else by its id.

        Raises:
            NotFoundError: if there is none.
        """
        found = self.find(user, name) or self._by_id(user, name)
        if found is None:
            raise NotFoundError(
                f"There is no concept {name!r}.",
                hint="See 'omni concept list' for those there are.",
            )
        return found

    def find(self, user: str, name: str) -> Concept | None:
        """Return a user's concept by name, in whatever case, or None."""
        query = _of(user).where(ConceptRow.name_key == name_key(check_name(name)))
        with self._database.reading() as session:
            row = session.scalar(query)
            return _value(row) if row else None

    def _by_id(self, user: str, id: str) -> Concept | None:
        with self._database.reading() as session:
            row = session.scalar(_of(user).where(ConceptRow.id == id))
            return _value(row) if row else None

    def by_id(self, user: str, concept_id: str) -> Concept:
        """Return a user's concept by id.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _value(owned_concept(session, user, concept_id))

    def rename(self, user: str, name: str, new: str) -> Concept:
        """Give a concept another name; turns and images keep what they say.

        What it was called stays known, so that forgetting it finds that as well.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if the new name is taken or is none.
        """
        kept = check_name(new)
        with self._database.writing() as session:
            row = owned_concept(session, user, self.get(user, name).id)
            if name_key(kept) != row.name_key:
                _check_free(session, user, kept)
            row.former_names = _before(kept, [*row.former_names, row.name])
            row.name, row.name_key = kept, name_key(kept)
            session.flush()
            return _value(row)

    def reclass(self, user: str, name: str, class_name: str) -> Concept:
        """Say anew what kind of thing a concept is."""
        kind = _check_class(class_name)
        with self._database.writing() as session:
            row = owned_concept(session, user, self.get(user, name).id)
            row.class_name = kind
            return _value(row)

    def summaries(self, user: str) -> tuple[ConceptSummary, ...]:
        """Return a user's concepts by name, with counts and the active version."""
        active = (
            select(CheckpointRow.version)
            .where(CheckpointRow.concept_id == ConceptRow.id, CheckpointRow.active)
            .scalar_subquery()
        )
        query = select(ConceptRow, _count(FactRow), _count(PhotoRow), active)
        query = query.where(ConceptRow.user_id == user).order_by(ConceptRow.name_key)
        with self._database.reading() as session:
            return tuple(
                ConceptSummary(_value(row), facts, photos, version)
                for row, facts, photos, version in session.execute(query)
            )

    def list(self, user: str) -> tuple[Concept, ...]:
        """Return a user's concepts by name."""
        query = _of(user).order_by(ConceptRow.name_key)
        with self._database.reading() as session:
            return tuple(map(_value, session.scalars(query)))


def owned_concept(session: Session, user: str, concept_id: str) -> ConceptRow:
    """Return the row of a user's concept.

    Raises:
        NotFoundError: if the user has none such, whoever else may.
    """
    row = session.scalar(_of(user).where(ConceptRow.id == concept_id))
    if row is None:
        raise NotFoundError(
            f"There is no concept with the id {concept_id!r}.",
            hint="See 'omni concept list' for those there are.",
        )
    return row


def _of(user: str) -> Select[ConceptRow]:
    return select(ConceptRow).where(ConceptRow.user_id == user)


def _count(table: type[FactRow] | type[PhotoRow]) -> ScalarSelect[int]:
    return select(func.count()).where(table.concept_id == ConceptRow.id).scalar_subquery()


def _check_free(session: Session, user: str, name: str) -> None:
    taken = session.scalar(_of(user).where(ConceptRow.name_key == name_key(name)))
    if taken is not None:
        raise InputError(
            f"There is a concept {taken.name!r} already.",
            hint="Choose another name, or rename or forget that one.",
        )


def _before(name: str, former: Iterable[str]) -> list[str]:
    return [one for one in dict.fromkeys(former) if one != name]


def _check_class(name: str) -> str:
    return check_name(name, "class") if check_text(name, "class name") else ""


def _value(row: ConceptRow) -> Concept:
    former = tuple(row.former_names)
    return Concept(row.id, row.user_id, row.name, row.class_name, row.created_at, former)
