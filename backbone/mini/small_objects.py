"""The hundred named small objects that requests may ask for ("with a red ball").

Some are drawn shapes in a colour, the others pictures of the downloaded set; without downloads
only the drawn ones are there. Their bases are never held out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BASES", "SMALL_OBJECTS", "SmallObject"]


@dataclass(frozen=True)
class SmallObject:
    """A named small thing: a drawn ``shape`` in a ``colour``, or a ``picture`` by its name."""

    name: str
    shape: str = ""
    colour: str = ""
    picture: str = ""
    worn: bool = False


def _read_small_objects() -> tuple[SmallObject, ...]:
    text = (Path(__file__).parent / "data" / "small_objects.json").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = json.loads(text)
    return tuple(SmallObject(name=name, **row) for name, row in rows.items())


SMALL_OBJECTS = _read_small_objects()
BASES = frozenset(item.shape or item.picture for item in SMALL_OBJECTS)
