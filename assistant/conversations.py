"""The conversations of a user: list, read, rename and remove them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory.values import Conversation, Turn

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["Conversations", "Told"]


@dataclass(frozen=True)
class Told:
    """A conversation with its turns, oldest first."""

    conversation: Conversation
    turns: tuple[Turn, ...]


class Conversations:
    """Everything a user does with conversations that are over; loads no model."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant

    def list(self) -> tuple[Conversation, ...]:
        """List them, newest first."""
        return self.assistant.memory.conversations.list(self.assistant.user)

    def show(self, id: str) -> Told:
        """Read one.

        Raises:
            NotFoundError: if the user has none such.
        """
        memory, user = self.assistant.memory, self.assistant.user
        return Told(memory.conversations.get(user, id), memory.turns.list(user, id))

    def rename(self, id: str, title: str) -> Conversation:
        """Give one another title.

        Raises:
            NotFoundError: if the user has none such.
        """
        return self.assistant.memory.conversations.rename(self.assistant.user, id, title)

    def remove(self, id: str) -> None:
        """Remove one with its turns, and a question of it that waits; pictures stay.

        Raises:
            NotFoundError: if the user has none such.
        """
        from assistant.exchange import Exchange

        self.assistant.memory.conversations.remove(self.assistant.user, id)
        Exchange(self.assistant, id).drop()
