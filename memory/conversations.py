"""Conversations: turns that belong together."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from memory.database import Database
from memory.names import check_id, check_text
from memory.tables import ConversationRow, TurnRow, UserRow
from memory.values import Conversation
from omni_errors import NotFoundError

__all__ = ["Conversations", "owned_conversation"]

# characters
_MAX_TITLE = 200


class Conversations:
    """Begin, find and remove conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, user: str, title: str = "", *, id: str | None = None) -> Conversation:
        """Begin a conversation, by an ``id`` that `new_id` gave if one was promised.

        Raises:
            NotFoundError: if there is no such user.
            InputError: if the id is none, or taken.
        """
        kept = check_text(title, "title", _MAX_TITLE)
        given = check_id(id) if id is not None else None
        with self._database.writing() as session:
            if session.get(UserRow, user) is None:
                raise NotFoundError(f"There is no user {user!r}.", hint="Add the user first.")
            row = ConversationRow(user_id=user, title=kept)
            if given is not None:
                row.id = given
            session.add(row)
            session.flush()
            return _value(row)

    def get(self, user: str, conversation_id: str) -> Conversation:
        """Return a conversation.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _value(owned_conversation(session, user, conversation_id))

    def rename(self, user: str, conversation_id: str, title: str) -> Conversation:
        """Give a conversation another title."""
        kept = check_text(title, "title", _MAX_TITLE)
        with self._database.writing() as session:
            row = owned_conversation(session, user, conversation_id)
            row.title = kept
            return _value(row)

    def remove(self, user: str, conversation_id: str) -> None:
        """Remove a conversation with its turns; images stay."""
        with self._database.writing() as session:
            session.delete(owned_conversation(session, user, conversation_id))

    def list(self, user: str) -> tuple[Conversation, ...]:
        """Return a user's conversations, the one last talked in first."""
        # ids sort by time, those of turns and of conversations alike
        newest = (
            select(func.max(TurnRow.id))
            .where(TurnRow.conversation_id == ConversationRow.id)
            .scalar_subquery()
        )
        query = (
            select(ConversationRow)
            .where(ConversationRow.user_id == user)
            .order_by(func.coalesce(newest, ConversationRow.id).desc())
        )
        with self._database.reading() as session:
            return tuple(map(_value, session.scalars(query)))


def owned_conversation(session: Session, user: str, conversation_id: str) -> ConversationRow:
    """Return the row of a user's conversation.

    Raises:
        NotFoundError: if the user has none such, whoever else may.
    """
    row = session.scalar(
        select(ConversationRow).where(
            ConversationRow.user_id == user, ConversationRow.id == conversation_id
        )
    )
    if row is None:
        raise NotFoundError(
            f"There is no conversation with the id {conversation_id!r}.",
            hint="List the conversations for those there are.",
        )
    return row


def _value(row: ConversationRow) -> Conversation:
    return Conversation(row.id, row.user_id, row.title, row.created_at)
