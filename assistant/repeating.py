"""What it takes to ask a kept turn again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memory.values import Turn
from omni_errors import InputError

__all__ = ["Given", "given_of"]

_PICTURES = ("generate", "edit")


@dataclass(frozen=True)
class Given:
    """What a turn was given beside its text."""

    attachment: str
    wanted: str
    seed: int | None
    # of the turns before it
    before: Mapping[str, Any]


def given_of(turn: Turn, seed: int | None = None) -> Given:
    """Read it out of a turn's trace; a ``seed`` takes the place of the turn's own.

    Raises:
        InputError: if the turn was forgotten.
    """
    given = turn.trace.get("given")
    if given is None:
        raise InputError(
            f"The turn {turn.id} does not say what it was given.",
            hint="It was forgotten, or kept by an older version.",
        )
    before = {key: given[key] for key in ("last_image", "last_concepts", "chosen") if key in given}
    drawn = turn.intent in _PICTURES
    return Given(
        str(given.get("attachment", "")),
        turn.intent if drawn else "",
        turn.trace.get("seed") if seed is None else seed,
        before,
    )
