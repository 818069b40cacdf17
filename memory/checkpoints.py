"""Checkpoints: the versions of a concept's tokens. One of them is active.

The tensors are safetensors bytes, handed in; beside them lies a JSON sidecar that says where
they came from and can be read without any model.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.names import check_json
from memory.tables import CheckpointRow, TrainingRunRow
from memory.values import Checkpoint
from memory.vault import Vault
from omni_errors import InputError, NotFoundError

__all__ = ["Checkpoints"]

# bytes
_MAX_HEADER = 100_000_000


class Checkpoints:
    """Add, read and roll back token checkpoints."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(
        self,
        user: str,
        concept_id: str,
        tensors: bytes,
        sidecar: Mapping[str, Any],
        *,
        activate: bool = True,
        parent: int | None = None,
    ) -> Checkpoint:
        """Keep a version of a concept's tokens; its parent is the active one unless told.

        Raises:
            NotFoundError: if the user has no such concept, or it no such parent.
            InputError: if the bytes are no safetensors, or the sidecar is no JSON.
        """
        _check_tensors(tensors)
        record = check_json(sidecar, "sidecar")
        with self._database.writing() as session:
            owned_concept(session, user, concept_id)
            if parent is not None:
                _version(session, user, concept_id, parent)
            active = session.scalar(_of(user, concept_id).where(CheckpointRow.active))
            row = CheckpointRow(user_id=user, concept_id=concept_id, active=False)
            row.version = _last(session, concept_id) + 1
            row.parent = active.version if parent is None and active else parent
            row.tensors_sha256, row.size = self._vault.put(tensors), len(tensors)
            row.sidecar_sha256 = self._vault.put(_pretty(record))
            row.backbone = str(record.get("backbone", ""))
            session.add(row)
            session.flush()
            if activate:
                _activate(session, row)
            return _value(row)

    def get(self, user: str, concept_id: str, version: int) -> Checkpoint:
        """Return one version.

        Raises:
            NotFoundError: if there is none such.
        """
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            return _value(_version(session, user, concept_id, version))

    def active(self, user: str, concept_id: str) -> Checkpoint | None:
        """Return the version in use; None before the first training.

        Raises:
            NotFoundError: if the user has no such concept.
        """
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            row = session.scalar(_of(user, concept_id).where(CheckpointRow.active))
            return _value(row) if row else None

    def activate(self, user: str, concept_id: str, version: int) -> Checkpoint:
        """Use another version from now on.

        Raises:
            NotFoundError: if there is none such.
        """
        with self._database.writing() as session:
            owned_concept(session, user, concept_id)
            row = _version(session, user, concept_id, version)
            _activate(session, row)
            return _value(row)

    def read(self, user: str, concept_id: str, version: int) -> bytes:
        """Return the safetensors bytes of a version."""
        return self._vault.read(self.get(user, concept_id, version).tensors_sha256)

    def sidecar(self, user: str, concept_id: str, version: int) -> dict[str, Any]:
        """Return what the sidecar of a version says."""
        data = self._vault.read(self.get(user, concept_id, version).sidecar_sha256)
        record: dict[str, Any] = json.loads(data)
        return record

    def list(self, user: str, concept_id: str) -> tuple[Checkpoint, ...]:
        """Return the versions of a concept, oldest first.

        Raises:
            NotFoundError: if the user has no such concept.
        """
        query = _of(user, concept_id).order_by(CheckpointRow.version)
        with self._database.reading() as session:
            owned_concept(session, user, concept_id)
            return tuple(map(_value, session.scalars(query)))


def _of(user: str, concept_id: str) -> Select[CheckpointRow]:
    return select(CheckpointRow).where(
        CheckpointRow.user_id == user, CheckpointRow.concept_id == concept_id
    )


def _version(session: Session, user: str, concept_id: str, version: int) -> CheckpointRow:
    row = session.scalar(_of(user, concept_id).where(CheckpointRow.version == version))
    if row is None:
        query = select(CheckpointRow.version).where(CheckpointRow.concept_id == concept_id)
        known = ", ".join(map(str, session.scalars(query.order_by(CheckpointRow.version))))
        raise NotFoundError(
            f"The concept has no version {version!r}.",
            hint=f"There are: {known}." if known else "Learn it first.",
        )
    return row


def _last(session: Session, concept_id: str) -> int:
    """Return the last number given, the numbers of removed versions included: none comes twice."""
    kept = select(func.max(CheckpointRow.version)).where(CheckpointRow.concept_id == concept_id)
    made = select(func.max(TrainingRunRow.version)).where(TrainingRunRow.concept_id == concept_id)
    return max(session.scalar(kept) or 0, session.scalar(made) or 0)


def _activate(session: Session, row: CheckpointRow) -> None:
    # first none, then one: the index allows no two at any moment
    session.execute(
        update(CheckpointRow)
        .where(CheckpointRow.concept_id == row.concept_id, CheckpointRow.user_id == row.user_id)
        .values(active=False)
    )
    row.active = True
    session.flush()


def _pretty(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _check_tensors(data: bytes) -> None:
    """Refuse what is plainly no safetensors: 8 bytes of length, then a JSON object."""
    length = int.from_bytes(data[:8], "little")
    try:
        fits = 2 <= length <= min(_MAX_HEADER, len(data) - 8)
        header = json.loads(data[8 : 8 + length]) if fits else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise InputError(
            f"The {len(data)} bytes of tensors are no safetensors.",
            hint="Give what safetensors.torch.save returns.",
        )


def _value(row: CheckpointRow) -> Checkpoint:
    return Checkpoint(
        row.id,
        row.user_id,
        row.concept_id,
        row.version,
        row.parent,
        row.active,
        row.tensors_sha256,
        row.sidecar_sha256,
        row.size,
        row.backbone,
        row.created_at,
    )
