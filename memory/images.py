"""Images: what was made or attached, and what each was made from."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.names import check_json, check_text
from memory.photos import check_media_type
from memory.tables import ImageConceptRow, ImageRow, UserRow
from memory.turns import owned_turn
from memory.values import Image
from memory.vault import Vault
from omni_errors import InputError, NotFoundError

__all__ = ["Images"]


class Images:
    """Add images, read them back, and follow their lineage."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(
        self,
        user: str,
        data: bytes,
        *,
        media_type: str = "image/png",
        width: int | None = None,
        height: int | None = None,
        prompt: str = "",
        record: Mapping[str, Any] | None = None,
        parent: str | None = None,
        turn: str | None = None,
        concepts: Iterable[str] = (),
    ) -> Image:
        """Keep an image; ``parent``, ``turn`` and ``concepts`` are ids.

        An edited image counts as showing what its parent showed, so that forgetting finds it.

        Raises:
            NotFoundError: if the user has no such parent, turn or concept.
            InputError: if there are no bytes, or the record is no JSON.
        """
        if not data:
            raise InputError("The image is empty.", hint="Give the bytes of a picture.")
        row = ImageRow(user_id=user, parent_id=parent, turn_id=turn, width=width, height=height)
        row.prompt, row.record = check_text(prompt, "prompt"), check_json(record or {}, "record")
        row.media_type = check_media_type(media_type)
        with self._database.writing() as session:
            _check_links(session, row)
            row.sha256, row.size = self._vault.put(data), len(data)
            session.add(row)
            session.flush()
            for concept in dict.fromkeys([*concepts, *_shown(session, parent)]):
                owned_concept(session, user, concept)
                session.add(ImageConceptRow(image_id=row.id, concept_id=concept, user_id=user))
            session.flush()
            return _values(session, [row])[0]

    def get(self, user: str, image_id: str) -> Image:
        """Return an image.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _values(session, [_owned(session, user, image_id)])[0]

    def read(self, user: str, image_id: str) -> bytes:
        """Return the bytes of an image."""
        return self._vault.read(self.get(user, image_id).sha256)

    def lineage(self, user: str, image_id: str) -> tuple[Image, ...]:
        """Return an image, the one it was made from, and so on to the first."""
        with self._database.reading() as session:
            rows = [_owned(session, user, image_id)]
            while (parent := rows[-1].parent_id) is not None:
                rows.append(_owned(session, user, parent))
            return _values(session, rows)

    def assign(self, user: str, image_id: str, turn: str, concepts: Iterable[str] = ()) -> Image:
        """Say which turn an image belongs to, if none does yet, and whom it shows besides.

        Raises:
            NotFoundError: if the user has no such image, turn or concept.
        """
        with self._database.writing() as session:
            row = _owned(session, user, image_id)
            owned_turn(session, user, turn)
            row.turn_id = row.turn_id or turn
            query = select(ImageConceptRow.concept_id).where(ImageConceptRow.image_id == row.id)
            for concept in sorted(set(concepts) - set(session.scalars(query))):
                owned_concept(session, user, concept)
                session.add(ImageConceptRow(image_id=row.id, concept_id=concept, user_id=user))
            session.flush()
            return _values(session, [row])[0]

    def remove(self, user: str, image_id: str) -> None:
        """Remove an image from view; a sweep of the vault removes the file."""
        with self._database.writing() as session:
            session.delete(_owned(session, user, image_id))

    def list(
        self, user: str, *, concept: str | None = None, turn: str | None = None
    ) -> tuple[Image, ...]:
        """Return a user's images, newest first: all, or those of a concept or a turn."""
        query = select(ImageRow).where(ImageRow.user_id == user).order_by(ImageRow.id.desc())
        if concept is not None:
            query = query.join(ImageConceptRow, ImageConceptRow.image_id == ImageRow.id)
            query = query.where(ImageConceptRow.concept_id == concept)
        if turn is not None:
            query = query.where(ImageRow.turn_id == turn)
        with self._database.reading() as session:
            return _values(session, list(session.scalars(query)))


def _check_links(session: Session, row: ImageRow) -> None:
    if session.get(UserRow, row.user_id) is None:
        raise NotFoundError(f"There is no user {row.user_id!r}.", hint="Add the user first.")
    if row.parent_id is not None:
        _owned(session, row.user_id, row.parent_id)
    if row.turn_id is not None:
        owned_turn(session, row.user_id, row.turn_id)


def _owned(session: Session, user: str, image_id: str) -> ImageRow:
    row = session.scalar(select(ImageRow).where(ImageRow.user_id == user, ImageRow.id == image_id))
    if row is None:
        raise NotFoundError(
            f"There is no image with the id {image_id!r}.", hint="List the images there are."
        )
    return row


def _shown(session: Session, image_id: str | None) -> Sequence[str]:
    query = select(ImageConceptRow.concept_id).where(ImageConceptRow.image_id == image_id)
    return session.scalars(query).all() if image_id else ()


def _values(session: Session, rows: Sequence[ImageRow]) -> tuple[Image, ...]:
    users = {row.user_id for row in rows}
    query = select(ImageConceptRow).where(ImageConceptRow.user_id.in_(users))
    if len(rows) == 1:
        query = query.where(ImageConceptRow.image_id == rows[0].id)
    shown: dict[str, list[str]] = {}
    for link in session.scalars(query.order_by(ImageConceptRow.concept_id)):
        shown.setdefault(link.image_id, []).append(link.concept_id)
    return tuple(_value(row, tuple(shown.get(row.id, ()))) for row in rows)


def _value(row: ImageRow, concepts: tuple[str, ...]) -> Image:
    return Image(
        row.id,
        row.user_id,
        row.sha256,
        row.size,
        row.media_type,
        row.width,
        row.height,
        row.prompt,
        row.record,
        row.parent_id,
        row.turn_id,
        concepts,
        row.created_at,
    )
