"""Turns: what was said, what was answered, and the trace of why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.conversations import owned_conversation
from memory.database import FOLD, Database
from memory.names import check_id, check_json, check_text, folded
from memory.tables import TurnConceptRow, TurnRow
from memory.values import Turn
from omni_errors import NotFoundError

__all__ = ["Turns", "owned_turn"]


class Turns:
    """Add turns to a conversation and read them back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        user: str,
        conversation_id: str,
        text: str,
        reply: str = "",
        *,
        intent: str = "",
        trace: Mapping[str, Any] | None = None,
        concepts: Iterable[str] = (),
        id: str | None = None,
    ) -> Turn:
        """Add the next turn of a conversation; ``concepts`` are ids.

        Its own ``id`` is one that `new_id` gave, if one was promised.

        Raises:
            NotFoundError: if the user has no such conversation or concept.
            InputError: if a text is too long, the trace is no JSON, or the id is none or taken.
        """
        row = TurnRow(user_id=user, conversation_id=conversation_id)
        if id is not None:
            row.id = check_id(id)
        row.text, row.reply = check_text(text, "text"), check_text(reply, "reply")
        row.intent, row.trace = check_text(intent, "intent", 64), check_json(trace or {}, "trace")
        with self._database.writing() as session:
            owned_conversation(session, user, conversation_id)
            row.number = _last(session, conversation_id) + 1
            session.add(row)
            session.flush()
            for concept in dict.fromkeys(concepts):
                owned_concept(session, user, concept)
                session.add(TurnConceptRow(turn_id=row.id, concept_id=concept, user_id=user))
            session.flush()
            return _values(session, [row])[0]

    def get(self, user: str, turn_id: str) -> Turn:
        """Return a turn.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _values(session, [owned_turn(session, user, turn_id)])[0]

    def last(self, user: str, conversation_id: str, count: int = 1) -> tuple[Turn, ...]:
        """Return the last turns of a conversation, oldest first."""
        query = (
            select(TurnRow)
            .where(TurnRow.user_id == user, TurnRow.conversation_id == conversation_id)
            .order_by(TurnRow.number.desc())
            .limit(count)
        )
        with self._database.reading() as session:
            owned_conversation(session, user, conversation_id)
            return _values(session, list(session.scalars(query))[::-1])

    def recent(
        self, user: str, count: int, *, containing: str = "", id_part: str = ""
    ) -> tuple[Turn, ...]:
        """Return a user's last turns of all conversations, newest first.

        ``containing`` keeps to those that say it, in whatever case; ``id_part`` to those whose
        id begins or ends with it.
        """
        query = select(TurnRow).where(TurnRow.user_id == user).order_by(TurnRow.id.desc())
        if containing:
            query = query.where(_says(containing, self._database.is_sqlite))
        if id_part:
            ends = TurnRow.id.endswith(id_part, autoescape=True)
            query = query.where(or_(TurnRow.id.startswith(id_part, autoescape=True), ends))
        with self._database.reading() as session:
            return _values(session, list(session.scalars(query.limit(count))))

    def about(self, user: str, concept_id: str) -> tuple[Turn, ...]:
        """Return the turns about a concept, oldest first."""
        linked = select(TurnConceptRow.turn_id).where(TurnConceptRow.concept_id == concept_id)
        query = select(TurnRow).where(TurnRow.user_id == user, TurnRow.id.in_(linked))
        with self._database.reading() as session:
            return _values(session, list(session.scalars(query.order_by(TurnRow.id))))

    def remove(self, user: str, turn_id: str) -> None:
        """Remove a turn; the others keep their numbers."""
        with self._database.writing() as session:
            session.delete(owned_turn(session, user, turn_id))

    def list(self, user: str, conversation_id: str) -> tuple[Turn, ...]:
        """Return the turns of a conversation in order.

        Raises:
            NotFoundError: if the user has no such conversation.
        """
        query = (
            select(TurnRow)
            .where(TurnRow.user_id == user, TurnRow.conversation_id == conversation_id)
            .order_by(TurnRow.number)
        )
        with self._database.reading() as session:
            owned_conversation(session, user, conversation_id)
            return _values(session, list(session.scalars(query)))


def owned_turn(session: Session, user: str, turn_id: str) -> TurnRow:
    """Return the row of a user's turn.

    Raises:
        NotFoundError: if the user has none such, whoever else may.
    """
    row = session.scalar(select(TurnRow).where(TurnRow.user_id == user, TurnRow.id == turn_id))
    if row is None:
        raise NotFoundError(
            f"There is no turn with the id {turn_id!r}.", hint="List the turns of a conversation."
        )
    return row


def _says(text: str, sqlite: bool) -> ColumnElement[bool]:
    """Match turns that say a text: on SQLite, whose lower() knows ASCII only, by our folding."""
    said = (TurnRow.text, TurnRow.reply)
    if sqlite:
        fold = getattr(func, FOLD)
        return or_(*(func.instr(fold(one), folded(text)) > 0 for one in said))
    return or_(*(one.icontains(text, autoescape=True) for one in said))


def _last(session: Session, conversation_id: str) -> int:
    query = select(func.max(TurnRow.number)).where(TurnRow.conversation_id == conversation_id)
    return session.scalar(query) or 0


def _values(session: Session, rows: Sequence[TurnRow]) -> tuple[Turn, ...]:
    conversations = {row.conversation_id for row in rows}
    links = session.execute(
        select(TurnConceptRow.turn_id, TurnConceptRow.concept_id)
        .join(TurnRow, TurnRow.id == TurnConceptRow.turn_id)
        .where(TurnRow.conversation_id.in_(conversations))
        .order_by(TurnConceptRow.concept_id)
    )
    about: dict[str, list[str]] = {}
    for turn, concept in links:
        about.setdefault(turn, []).append(concept)
    return tuple(_value(row, tuple(about.get(row.id, ()))) for row in rows)


def _value(row: TurnRow, concepts: tuple[str, ...]) -> Turn:
    return Turn(
        row.id,
        row.user_id,
        row.conversation_id,
        row.number,
        row.intent,
        row.text,
        row.reply,
        row.trace,
        concepts,
        row.created_at,
    )
