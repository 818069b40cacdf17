"""The tables, in the words of users. Rows stay inside this package: see `memory.values`.

Every table below ``user`` carries ``user_id``, and where a row points at another one it does so
by id *and* user: the database itself refuses a link across users.
"""

import json
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "CheckpointRow",
    "ConceptRow",
    "ConversationRow",
    "FactRow",
    "ImageConceptRow",
    "ImageRow",
    "IndexStateRow",
    "PhotoRow",
    "Row",
    "TrainingRunRow",
    "TurnConceptRow",
    "TurnRow",
    "UserRow",
    "UtcTime",
    "VectorRow",
    "new_id",
    "now",
    "to_json",
]


def new_id() -> str:
    """Make an id that sorts after those made before."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def to_json(value: Any) -> str:
    """Write JSON with letters as they are, so that a search of the bytes finds them."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC. SQLite gives times back without a zone, servers in one of their own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Put UTC on a time without a zone, and turn others to it."""
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Row(DeclarativeBase):
    """What all tables share: names of constraints that a migration can call by."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcTime(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        bytes: LargeBinary(),
    }


_Id = String(32)
_Sha = String(64)


def _belongs(column: str, table: str, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """Point at a row of the same user."""
    return ForeignKeyConstraint(
        [column, "user_id"], [f"{table}.id", f"{table}.user_id"], ondelete=ondelete
    )


class UserRow(Row):
    """Someone who uses the store."""

    __tablename__ = "user"

    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class _Owned:
    id: Mapped[str] = mapped_column(_Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(_Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)


class ConceptRow(_Owned, Row):
    """A person, pet or thing of a user."""

    __tablename__ = "concept"
    __table_args__ = (UniqueConstraint("user_id", "name_key"), UniqueConstraint("id", "user_id"))

    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(Text)
    class_name: Mapped[str] = mapped_column(String(64), default="")
    # the oldest first: what still says one of them is found when the concept is forgotten
    former_names: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)


class FactRow(_Owned, Row):
    """A sentence about a concept."""

    __tablename__ = "fact"
    __table_args__ = (_belongs("concept_id", "concept"),)

    concept_id: Mapped[str] = mapped_column(_Id, index=True)
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class PhotoRow(_Owned, Row):
    """A picture of a concept; the pixels are in the vault."""

    __tablename__ = "photo"
    __table_args__ = (UniqueConstraint("concept_id", "sha256"), _belongs("concept_id", "concept"))

    concept_id: Mapped[str] = mapped_column(_Id)
    sha256: Mapped[str] = mapped_column(_Sha, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)


class CheckpointRow(_Owned, Row):
    """A version of a concept's tokens; at most one of a concept is active."""

    __tablename__ = "checkpoint"
    __table_args__ = (
        UniqueConstraint("concept_id", "version"),
        _belongs("concept_id", "concept"),
        Index(
            "uq_checkpoint_active",
            "concept_id",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )

    concept_id: Mapped[str] = mapped_column(_Id)
    version: Mapped[int]
    parent: Mapped[int | None]
    active: Mapped[bool]
    tensors_sha256: Mapped[str] = mapped_column(_Sha, index=True)
    sidecar_sha256: Mapped[str] = mapped_column(_Sha, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    backbone: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class ConversationRow(_Owned, Row):
    """Turns that belong together."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("id", "user_id"),)

    title: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class TurnRow(_Owned, Row):
    """What was said and answered, with its trace."""

    __tablename__ = "turn"
    __table_args__ = (
        UniqueConstraint("conversation_id", "number"),
        UniqueConstraint("id", "user_id"),
        _belongs("conversation_id", "conversation"),
    )

    conversation_id: Mapped[str] = mapped_column(_Id)
    number: Mapped[int]
    intent: Mapped[str] = mapped_column(String(64), default="")
    text: Mapped[str] = mapped_column(Text)
    reply: Mapped[str] = mapped_column(Text, default="")
    trace: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class TurnConceptRow(Row):
    """A turn was about a concept."""

    __tablename__ = "turn_concept"
    __table_args__ = (_belongs("turn_id", "turn"), _belongs("concept_id", "concept"))

    turn_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    concept_id: Mapped[str] = mapped_column(_Id, primary_key=True, index=True)
    user_id: Mapped[str] = mapped_column(_Id)


class ImageRow(_Owned, Row):
    """A picture that was made or attached; parent and turn may be gone."""

    __tablename__ = "image"
    __table_args__ = (UniqueConstraint("id", "user_id"),)

    sha256: Mapped[str] = mapped_column(_Sha, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    prompt: Mapped[str] = mapped_column(Text, default="")
    record: Mapped[dict[str, Any]]
    # one column each: SET NULL on (id, user_id) would unset the user too
    parent_id: Mapped[str | None] = mapped_column(
        _Id, ForeignKey("image.id", ondelete="SET NULL"), index=True
    )
    turn_id: Mapped[str | None] = mapped_column(
        _Id, ForeignKey("turn.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)


class ImageConceptRow(Row):
    """An image shows a concept."""

    __tablename__ = "image_concept"
    __table_args__ = (_belongs("image_id", "image"), _belongs("concept_id", "concept"))

    image_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    concept_id: Mapped[str] = mapped_column(_Id, primary_key=True, index=True)
    user_id: Mapped[str] = mapped_column(_Id)


class TrainingRunRow(_Owned, Row):
    """One attempt to learn a concept."""

    __tablename__ = "training_run"
    __table_args__ = (_belongs("concept_id", "concept"),)

    concept_id: Mapped[str] = mapped_column(_Id, index=True)
    state: Mapped[str] = mapped_column(String(16))
    recipe: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    message: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class VectorRow(Row):
    """The vector of a photo, a fact or a turn; it goes when that goes."""

    __tablename__ = "vector"
    __table_args__ = (Index("ix_vector_kind_embedder_revision", "kind", "embedder", "revision"),)

    item_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    embedder: Mapped[str] = mapped_column(String(128), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str] = mapped_column(_Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    photo_id: Mapped[str | None] = mapped_column(
        _Id, ForeignKey("photo.id", ondelete="CASCADE"), index=True
    )
    fact_id: Mapped[str | None] = mapped_column(
        _Id, ForeignKey("fact.id", ondelete="CASCADE"), index=True
    )
    turn_id: Mapped[str | None] = mapped_column(
        _Id, ForeignKey("turn.id", ondelete="CASCADE"), index=True
    )
    width: Mapped[int]
    # float32, little-endian
    data: Mapped[bytes]
    # counts up over the whole store with every vector written
    revision: Mapped[int] = mapped_column(BigInteger)


class IndexStateRow(Row):
    """The revision given last; one row."""

    __tablename__ = "index_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
