"""The conversations of a user: list, read, rename and remove them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memory.values import Conversation, Turn
from omni_errors import NotFoundError

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["Conversations", "Told"]

# of several that are meant alike: how many are named, by how many last digits of their ids
# (which end in chance), and by how much of their titles
_MOST, _DIGITS, _TITLE = 5, 8, 40


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
        """List them, the one last talked in first."""
        return self.assistant.memory.conversations.list(self.assistant.user)

    def find(self, part: str) -> Conversation | None:
        """Return the one whose id begins or ends with something, or None.

        Raises:
            NotFoundError: if there are several; it names them.
        """
        fits = [one for one in self.list() if one.id.startswith(part) or one.id.endswith(part)]
        if len(fits) > 1:
            raise NotFoundError(
                f"{len(fits)} conversations have {part!r} in their ids: {_named(fits)}.",
                hint="Write the end of one of these ids.",
            )
        return fits[0] if fits else None

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


def _named(found: Sequence[Conversation]) -> str:
    """Name conversations by the ends of their ids and their titles."""
    told = [f"{one.id[-_DIGITS:]} ({one.title[:_TITLE]})" for one in found[:_MOST]]
    return ", ".join(told) + (", …" if len(found) > _MOST else "")
