"""Which files of the vault rows name."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from memory.tables import CheckpointRow, ImageRow, PhotoRow

__all__ = ["referenced"]

_COLUMNS = (
    PhotoRow.sha256,
    ImageRow.sha256,
    CheckpointRow.tensors_sha256,
    CheckpointRow.sidecar_sha256,
)


def referenced(session: Session) -> set[str]:
    """Return the SHA-256 of every file that a row of any user names."""
    return {sha256 for column in _COLUMNS for sha256 in session.scalars(select(column))}
