"""Wishes in the words a model learned them in."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.ports import Known
from graphs.router import unpolite

__all__ = ["as_drawing", "as_removal"]


def as_drawing(text: str) -> str:
    """Say a wish for a drawing as drawings are asked for."""
    pattern = data("routes")["drawn_as"]
    shorter = re.sub(pattern, "", unpolite(text.strip()), flags=re.IGNORECASE)
    return f"Draw {shorter}" if shorter.startswith("<") and not text.startswith("<") else text


def as_removal(prompt: str, known: Sequence[Known]) -> tuple[str, str]:
    """Write "remove <name>" as it was trained, with the concept's class; return its id too.

    Any other prompt stays as it is, and removes nobody.
    """
    found = re.match(data("routes")["removal"], prompt, re.IGNORECASE)
    named = {concept.name: concept for concept in known}
    one = named.get(next(filter(None, found.groups()))) if found else None
    if one is None or not one.class_name:
        return prompt, one.id if one else ""
    said = data("sayings")["edit_removal"]
    return str(said.format(name=one.name, class_name=one.class_name)), one.id
