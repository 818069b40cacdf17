"""Vectors in SQL: the truth that the index is built from.

A vector belongs to a photo, a fact or a turn of one user, and goes when that goes. Whoever runs
the model names it as ``embedder``; vectors of different models are never compared.
"""

import math
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from memory.tables import FactRow, IndexStateRow, PhotoRow, TurnConceptRow, TurnRow, VectorRow
from omni_errors import InputError, NotFoundError

__all__ = [
    "Kind",
    "Stored",
    "changed_since",
    "check_kind",
    "check_vector",
    "check_width",
    "collections",
    "compare",
    "count",
    "ids",
    "photo_vectors",
    "read_vectors",
    "revision",
    "without",
    "write_vector",
]

Kind = Literal["photo", "fact", "turn"]
_MAX_WIDTH = 65_536
# databases take only so many values in one statement
_BATCH = 500
_OWNERS: dict[str, type[PhotoRow] | type[FactRow] | type[TurnRow]] = {
    "photo": PhotoRow,
    "fact": FactRow,
    "turn": TurnRow,
}


@dataclass(frozen=True)
class Stored:
    """A vector as the index takes it."""

    id: str
    user_id: str
    concepts: tuple[str, ...]
    vector: Sequence[float]


def check_kind(kind: str) -> Kind:
    """Return a kind of thing that has vectors.

    Raises:
        InputError: if it is none.
    """
    for known in get_args(Kind):
        if kind == known:
            found: Kind = known
            return found
    raise InputError(f"There are no vectors of {kind!r}.", hint="Use photo, fact or turn.")


def check_vector(vector: Sequence[float]) -> "array[float]":
    """Return a vector as float32.

    Raises:
        InputError: if it is empty, too long, not finite, or has no direction.
    """
    try:
        kept = array("f", [float(number) for number in vector])
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"The vector does not hold plain numbers: {error}.", hint="Give a flat list of them."
        ) from error
    if not 1 <= len(kept) <= _MAX_WIDTH:
        raise InputError(
            f"The vector has {len(kept)} numbers.", hint=f"Give 1 to {_MAX_WIDTH} of them."
        )
    if not all(map(math.isfinite, kept)) or not any(kept):
        raise InputError(
            "The vector has no direction: it is zero or not finite.",
            hint="Look at what made it: an empty picture, or a model in too low a precision.",
        )
    return kept


def write_vector(
    session: Session, user: str, kind: Kind, item_id: str, vector: "array[float]", embedder: str
) -> None:
    """Write the vector of an item, in place of an earlier one.

    Raises:
        NotFoundError: if the user has no such item.
        InputError: if vectors of this kind have another length.
    """
    table = _OWNERS[kind]
    item = session.scalar(select(table).where(table.id == item_id, table.user_id == user))
    if item is None:
        raise NotFoundError(
            f"There is no {kind} with the id {item_id!r}.", hint=f"Add the {kind} first."
        )
    check_width(session, kind, embedder, len(vector))
    row = VectorRow(item_id=item_id, embedder=embedder, kind=kind, user_id=user)
    setattr(row, f"{kind}_id", item_id)
    row.width, row.data = len(vector), _little(vector).tobytes()
    row.revision = _next_revision(session)
    session.merge(row)


def check_width(session: Session, kind: Kind, embedder: str, width: int) -> None:
    """Refuse a vector of another length than those of its kind.

    Raises:
        InputError: if it has another one.
    """
    held = session.scalar(_of(kind, embedder).with_only_columns(VectorRow.width).limit(1))
    if held is not None and held != width:
        raise InputError(
            f"The vector has {width} numbers; those of {embedder!r} for a {kind} have {held}.",
            hint="Name another model as another embedder.",
        )


def read_vectors(session: Session, user: str, item_id: str) -> "dict[str, array[float]]":
    """Return the vectors of a user's item by embedder."""
    query = select(VectorRow).where(VectorRow.item_id == item_id, VectorRow.user_id == user)
    return {row.embedder: _from_bytes(row.data) for row in session.scalars(query)}


def changed_since(session: Session, kind: Kind, embedder: str, since: int) -> Iterator[Stored]:
    """Go through the vectors written after a revision."""
    query = _of(kind, embedder).where(VectorRow.revision > since).order_by(VectorRow.revision)
    rows = iter(session.scalars(query))
    while batch := list(islice(rows, _BATCH)):
        about = _about(session, kind, [row.item_id for row in batch])
        for row in batch:
            concepts = tuple(about.get(row.item_id, ()))
            yield Stored(row.item_id, row.user_id, concepts, _from_bytes(row.data))


def ids(
    session: Session,
    kind: Kind,
    embedder: str,
    *,
    user: str | None = None,
    concept: str | None = None,
) -> set[str]:
    """Return the ids that have a vector: all, or a user's, or those about a concept."""
    query = _of(kind, embedder, user, concept).with_only_columns(VectorRow.item_id)
    return set(session.scalars(query))


def without(session: Session, user: str, kind: Kind, embedder: str) -> tuple[str, ...]:
    """Return the ids of a user's photos, facts or turns without a vector, oldest first."""
    table = _OWNERS[kind]
    query = select(table.id).where(table.user_id == user).order_by(table.id)
    held = _of(kind, embedder, user).with_only_columns(VectorRow.item_id)
    return tuple(session.scalars(query.where(table.id.not_in(held))))


def photo_vectors(
    session: Session, user: str, embedder: str, limit: int
) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    """Go through photo, concept and vector of a user's newest photos, the newest first."""
    query = select(PhotoRow.id, PhotoRow.concept_id, VectorRow.data)
    query = query.join(VectorRow, VectorRow.item_id == PhotoRow.id)
    query = query.where(PhotoRow.user_id == user, VectorRow.embedder == embedder)
    for row in session.execute(query.order_by(PhotoRow.id.desc()).limit(limit)):
        yield row.id, row.concept_id, tuple(_from_bytes(row.data))


def compare(
    session: Session,
    kind: Kind,
    embedder: str,
    asked: "array[float]",
    user: str,
    concept: str | None,
) -> list[tuple[str, float]]:
    """Return the cosine of a vector with each one of a user, one by one, highest first."""
    import numpy as np

    direction = np.asarray(asked) / np.linalg.norm(asked)
    found = list[tuple[str, float]]()
    query = _of(kind, embedder, user, concept).with_only_columns(VectorRow.item_id, VectorRow.data)
    rows = iter(session.execute(query))
    while batch := list(islice(rows, _BATCH)):
        held = np.stack([np.frombuffer(row.data, "<f4") for row in batch])
        cosines = held @ direction / np.linalg.norm(held, axis=1)
        found += [(row.item_id, float(one)) for row, one in zip(batch, cosines, strict=True)]
    return sorted(found, key=lambda pair: -pair[1])


def collections(session: Session) -> tuple[tuple[Kind, str], ...]:
    """Return the kinds and embedders that have vectors."""
    query = select(VectorRow.kind, VectorRow.embedder).distinct()
    return tuple((check_kind(kind), embedder) for kind, embedder in session.execute(query))


def count(session: Session, kind: Kind, embedder: str) -> int:
    """Return how many vectors there are."""
    query = _of(kind, embedder).with_only_columns(func.count())
    return session.scalar(query) or 0


def revision(session: Session) -> int:
    """Return the revision given last."""
    return session.scalar(select(IndexStateRow.revision)) or 0


def _of(
    kind: Kind, embedder: str, user: str | None = None, concept: str | None = None
) -> Select[VectorRow]:
    query = select(VectorRow).where(VectorRow.kind == kind, VectorRow.embedder == embedder)
    if user is not None:
        query = query.where(VectorRow.user_id == user)
    if concept is not None:
        items = {
            "photo": select(PhotoRow.id).where(PhotoRow.concept_id == concept),
            "fact": select(FactRow.id).where(FactRow.concept_id == concept),
            "turn": select(TurnConceptRow.turn_id).where(TurnConceptRow.concept_id == concept),
        }
        query = query.where(VectorRow.item_id.in_(items[kind]))
    return query


def _about(session: Session, kind: Kind, items: Sequence[str]) -> dict[str, list[str]]:
    """Return the concepts of each item."""
    query = select(TurnConceptRow.turn_id, TurnConceptRow.concept_id)
    query = query.where(TurnConceptRow.turn_id.in_(items))
    if kind != "turn":
        table = PhotoRow if kind == "photo" else FactRow
        query = select(table.id, table.concept_id).where(table.id.in_(items))
    about: dict[str, list[str]] = {}
    for item, concept in session.execute(query):
        about.setdefault(item, []).append(concept)
    return about


def _next_revision(session: Session) -> int:
    row = session.scalar(select(IndexStateRow).with_for_update())
    if row is None:
        row = IndexStateRow(id=1, revision=0)
        session.add(row)
    row.revision += 1
    session.flush()
    return row.revision


def _little(vector: "array[float]") -> "array[float]":
    turned = array("f", vector)
    if sys.byteorder == "big":
        turned.byteswap()
    return turned


def _from_bytes(data: bytes) -> "array[float]":
    vector = array("f", data)
    return _little(vector)
