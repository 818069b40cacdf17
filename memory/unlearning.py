"""Checkpoints that learned what is no longer told or shown go with it."""

import json
from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from memory.facts import fact_digest
from memory.tables import CheckpointRow, FactRow
from memory.values import Unlearned
from memory.vault import Vault
from omni_errors import NotFoundError, ResourceError

__all__ = ["unlearn"]


def unlearn(
    session: Session, vault: Vault, user: str, concept_id: str, photo: str = ""
) -> tuple[Unlearned, set[str]]:
    """Remove the versions of a concept that know more than is told of it now.

    Those that learned from a ``photo``, by its SHA-256, go as well. Returns what happened, and the
    files of the vault that the rows named.
    """
    told = {
        fact_digest(text)
        for text in session.scalars(select(FactRow.text).where(FactRow.concept_id == concept_id))
    }
    rows = list(
        session.scalars(
            select(CheckpointRow)
            .where(CheckpointRow.user_id == user, CheckpointRow.concept_id == concept_id)
            .order_by(CheckpointRow.version)
        )
    )
    gone = [
        row
        for row, sidecar in ((row, _sidecar(vault, row)) for row in rows)
        if _knows_more(sidecar, told) or (photo and _saw(sidecar, photo))
    ]
    files = {sha for row in gone for sha in (row.tensors_sha256, row.sidecar_sha256)}
    used = [row for row in gone if row.active]
    for row in gone:
        _adopt(row, rows)
        session.delete(row)
    session.flush()
    left = [row for row in rows if row not in gone]
    if used:
        _fall_back(vault, left, used[0].backbone)
        session.flush()
    active = next((row.version for row in left if row.active), None)
    return Unlearned(tuple(row.version for row in gone), bool(used), active), files


def _fall_back(vault: Vault, rows: Sequence[CheckpointRow], backbone: str) -> None:
    """Use the newest version that has been in use, of the same model if there is one."""
    fits = [row for row in rows if row.backbone == backbone]
    # what was judged worse says so
    good = [row for row in fits if _sidecar(vault, row).get("active") is not False]
    for row in (good or fits or rows)[-1:]:
        row.active = True


def _adopt(parent: CheckpointRow, rows: Sequence[CheckpointRow]) -> None:
    for row in rows:
        if row.parent == parent.version:
            row.parent = parent.parent


def _knows_more(sidecar: dict[str, Any], told: Set[str]) -> bool:
    # first rows have a name for a recipe and learned nothing in words
    if not isinstance(sidecar.get("recipe"), dict):
        return False
    facts = sidecar.get("facts")
    if not isinstance(facts, list):
        # trained before this was written down: nobody knows what it learned
        return True
    return not all(fact in told for fact in facts)


def _saw(sidecar: dict[str, Any], photo: str) -> bool:
    photos = sidecar.get("photos")
    # where this was not written down nobody knows
    return photo in photos if isinstance(photos, list) else True


def _sidecar(vault: Vault, row: CheckpointRow) -> dict[str, Any]:
    try:
        found = json.loads(vault.read(row.sidecar_sha256))
    except (NotFoundError, ResourceError, ValueError):
        # a version that can't be read can't be used either
        return {}
    return found if isinstance(found, dict) else {}
