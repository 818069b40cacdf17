"""What memory hands out: plain frozen values, never rows of a database.

Ids are 32 hexadecimal digits that sort by the time they were made. Times are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = [
    "Checkpoint",
    "Concept",
    "ConceptSummary",
    "Conversation",
    "Fact",
    "Finding",
    "Image",
    "Near",
    "Photo",
    "Receipt",
    "Swept",
    "TrainingRun",
    "Turn",
    "User",
]


@dataclass(frozen=True)
class User:
    """Someone whose concepts nobody else sees."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True)
class Concept:
    """A person, pet or thing, by the name the user typed."""

    id: str
    user_id: str
    name: str
    # what it is: "dog", "mug"; may be empty
    class_name: str
    created_at: datetime
    # what it was called before, the oldest first
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConceptSummary:
    """A concept with what a list shows beside it."""

    concept: Concept
    facts: int
    photos: int
    # of the active token checkpoint; None before the first training
    version: int | None


@dataclass(frozen=True)
class Fact:
    """One sentence about a concept."""

    id: str
    user_id: str
    concept_id: str
    text: str
    # who said it: "user", or what proposed it
    source: str
    created_at: datetime


@dataclass(frozen=True)
class Photo:
    """A picture of a concept that the user gave."""

    id: str
    user_id: str
    concept_id: str
    # names the file in the vault
    sha256: str
    # bytes
    size: int
    media_type: str
    # pixels; None when it was not told
    width: int | None
    height: int | None
    # "train" or "held-out"
    purpose: str
    created_at: datetime


@dataclass(frozen=True)
class Checkpoint:
    """One version of the tokens of a concept."""

    id: str
    user_id: str
    concept_id: str
    version: int
    # the version it was trained from
    parent: int | None
    active: bool
    # name the two files in the vault: safetensors, and JSON
    tensors_sha256: str
    sidecar_sha256: str
    # bytes of the tensors
    size: int
    # as the sidecar says; empty when it does not
    backbone: str
    created_at: datetime


@dataclass(frozen=True)
class Conversation:
    """Turns that belong together."""

    id: str
    user_id: str
    title: str
    created_at: datetime


@dataclass(frozen=True)
class Turn:
    """What the user said, what was answered, and why."""

    id: str
    user_id: str
    conversation_id: str
    # 1 is the first of its conversation
    number: int
    intent: str
    text: str
    reply: str
    trace: Mapping[str, Any]
    # ids of the concepts it was about, as far as they still exist
    concepts: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class Image:
    """A picture that was made or attached, and where it came from."""

    id: str
    user_id: str
    sha256: str
    size: int
    media_type: str
    width: int | None
    height: int | None
    prompt: str
    # what is needed to make it again: seed, steps, model, checkpoints
    record: Mapping[str, Any]
    # the image it was edited from
    parent_id: str | None
    turn_id: str | None
    concepts: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class TrainingRun:
    """One attempt to learn a concept."""

    id: str
    user_id: str
    concept_id: str
    # "running", "done", "failed" or "stopped"
    state: str
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]
    # why it failed or stopped
    message: str
    # what it made
    version: int | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Near:
    """Something close to a question: its id, and the cosine similarity (1 is the same)."""

    id: str
    similarity: float


@dataclass(frozen=True)
class Finding:
    """Bytes of something forgotten that are still in a file."""

    # "name", "fact" or "photo"
    kind: str
    text: str
    path: Path
    times: int
    # why this was to be expected; empty when it was not
    reason: str


@dataclass(frozen=True)
class Receipt:
    """What was forgotten, what was searched afterwards, and what was found."""

    concept: str
    # rows and files removed, by kind
    removed: Mapping[str, int]
    files_searched: int
    bytes_searched: int
    # how many different texts were looked for, by kind
    looked_for: Mapping[str, int]
    found: tuple[Finding, ...]
    # what could not be done or not be searched
    notes: tuple[str, ...]
    # names that were looked for as well: what it was called before, and what else was told
    other_names: tuple[str, ...] = ()

    @property
    def unexplained(self) -> tuple[Finding, ...]:
        """Return what was found and should not have been."""
        return tuple(finding for finding in self.found if not finding.reason)


@dataclass(frozen=True)
class Unlearned:
    """Versions of a concept's tokens that went with a fact which they had learned."""

    versions: tuple[int, ...] = ()
    # whether one of them was in use, and the version that is in use now
    was_active: bool = False
    active: int | None = None


@dataclass(frozen=True)
class Swept:
    """Files that no row names, now removed."""

    files: int
    # bytes
    size: int
