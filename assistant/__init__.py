"""The assistant: a user's concepts, and what can be asked, drawn and edited with them.

Try it: ``python -c "from assistant import Assistant; print(Assistant().concepts.list())"``.
Names are imported when first used: listing concepts loads no model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# says how threads wait, which has to be before torch is imported
import backbone  # noqa: F401

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.chat import Chat
    from assistant.conversations import Told
    from assistant.events import Drawn, Ended, Event, Step, Words
    from assistant.results import (
        Answer,
        Drawing,
        Learned,
        Question,
        Recalled,
        Shown,
        Tested,
    )

_HOMES = {
    "Answer": "results",
    "Assistant": "assistant",
    "Chat": "chat",
    "Drawing": "results",
    "Drawn": "events",
    "Ended": "events",
    "Event": "events",
    "Learned": "results",
    "Question": "results",
    "Recalled": "results",
    "Shown": "results",
    "Step": "events",
    "Tested": "results",
    "Told": "conversations",
    "Words": "events",
}

__all__ = [
    "Answer",
    "Assistant",
    "Chat",
    "Drawing",
    "Drawn",
    "Ended",
    "Event",
    "Learned",
    "Question",
    "Recalled",
    "Shown",
    "Step",
    "Tested",
    "Told",
    "Words",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    return getattr(import_module(f"assistant.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
