"""Photos: the pictures of a concept, as rows; the pixels lie in the vault."""

from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.names import check_text
from memory.tables import PhotoRow
from memory.values import Photo
from memory.vault import Vault
from omni_errors import InputError, NotFoundError

__all__ = ["Photos", "Purpose", "check_media_type"]

Purpose = Literal["train", "held-out"]
_PURPOSES = ("train", "held-out")


class Photos:
    """Add, read and remove photos."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(
        self,
        user: str,
        concept_id: str,
        data: bytes,
        *,
        media_type: str = "image/png",
        width: int | None = None,
        height: int | None = None,
        purpose: Purpose = "train",
    ) -> Photo:
        """Keep a photo; the same bytes of the same concept are kept once.

        Give pixels without position and camera data: nothing is removed here.

        Raises:
            NotFoundError: if the user has no such concept.
            InputError: if there are no bytes, or the purpose is none.
        """
        if not data:
            raise InputError("The photo is empty.", hint="Give a file with a picture in it.")
        if purpose not in _PURPOSES:
            raise InputError(
                f"A photo cannot be for {purpose!r}.", hint=f"Use one of {', '.join(_PURPOSES)}."
            )
        kind = check_media_type(media_type)
        with self._database.writing() as session:
            owned_concept(session, user, concept_id)
            sha256 = self._vault.put(data)
            row = session.scalar(_of(user, concept_id).where(PhotoRow.sha256 == sha256))
            if row is None:
                row = PhotoRow(user_id=user, concept_id=concept_id, sha256=sha256, purpose=purpose)
                row.size, row.media_type, row.width, row.height = len(data), kind, width, height
                session.add(row)
                session.flush()
            return _value(row)

    def get(self, user: str, photo_id: str) -> Photo:
        """Return a photo.

        Raises:
            NotFoundError: if the user has none such.
        """
        with self._database.reading() as session:
            return _value(_owned(session, user, photo_id))

    def read(self, user: str, photo_id: str) -> bytes:
        """Return the bytes of a photo."""
        return self._vault.read(self.get(user, photo_id).sha256)

    def remove(self, user: str, photo_id: str) -> None:
        """Remove a photo from its concept; a sweep of the vault removes the file."""
        with self._database.writing() as session:
            session.delete(_owned(session, user, photo_id))

    def list(
        self, user: str, concept_id: str, *, purpose: Purpose | None = None
    ) -> tuple[Photo, ...]:
        """Return the photos of a concept in the order they came.

        Raises:
            NotFoundError: if the user has no such concept.
        """
        query = _of(user, concept_id).order_by(PhotoRow.id)
        if purpose is not None:
            query = query.where(PhotoRow.purpose == purpose)
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            return tuple(map(_value, session.scalars(query)))


def check_media_type(name: str) -> str:
    """Return the name of a kind of picture.

    Raises:
        InputError: if it is none.
    """
    kept = check_text(name, "media type", 64, empty=False)
    if not kept.startswith("image/"):
        raise InputError(f"{kept!r} is no kind of picture.", hint="Use one like 'image/png'.")
    return kept


def _of(user: str, concept_id: str) -> Select[PhotoRow]:
    return select(PhotoRow).where(PhotoRow.user_id == user, PhotoRow.concept_id == concept_id)


def _owned(session: Session, user: str, photo_id: str) -> PhotoRow:
    row = session.scalar(select(PhotoRow).where(PhotoRow.user_id == user, PhotoRow.id == photo_id))
    if row is None:
        raise NotFoundError(
            f"There is no photo with the id {photo_id!r}.", hint="List the photos of its concept."
        )
    return row


def _value(row: PhotoRow) -> Photo:
    return Photo(
        row.id,
        row.user_id,
        row.concept_id,
        row.sha256,
        row.size,
        row.media_type,
        row.width,
        row.height,
        row.purpose,
        row.created_at,
    )
