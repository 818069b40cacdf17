"""Memory: what persists of users, concepts, facts, photos, conversations and images.

SQL is the truth, the vault holds large files, and the index finds what is near. Memory runs no
model: vectors and bytes are handed to it. Try it:
``python -c "from memory import open_memory; print(open_memory('/tmp/m').users.ensure('me'))"``.
Names are imported when first used, so that ``import memory`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from memory.store import Memory, open_memory
    from memory.values import (
        Checkpoint,
        Concept,
        ConceptSummary,
        Conversation,
        Fact,
        Finding,
        Image,
        Near,
        Photo,
        Receipt,
        Swept,
        TrainingRun,
        Turn,
        Unlearned,
        User,
    )

_HOMES = {"Memory": "store", "open_memory": "store"}

__all__ = [
    "Checkpoint",
    "Concept",
    "ConceptSummary",
    "Conversation",
    "Fact",
    "Finding",
    "Image",
    "Memory",
    "Near",
    "Photo",
    "Receipt",
    "Swept",
    "TrainingRun",
    "Turn",
    "Unlearned",
    "User",
    "open_memory",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'memory' has no attribute {name!r}")
    return getattr(import_module(f"memory.{_HOMES.get(name, 'values')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
