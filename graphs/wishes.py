"""Wishes in the words a model learned them in."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.ports import Known
from graphs.router import unpolite

__all__ = ["as_drawing", "as_removal"]


def as_drawing(text: str, meant: Sequence[str]) -> str:
    """Say a wish for a drawing as drawings are asked for.

    What "it" is in "draw it" is named, since nobody is drawn who is not: the one name ``meant``
    by a pronoun.
    """
    routes = data("routes")
    shorter = re.sub(routes["drawn_as"], "", unpolite(text.strip()), flags=re.IGNORECASE)
    if shorter.startswith("<") and not text.startswith("<"):
        return f"Draw {shorter}"
    if len(meant) != 1:
        return text
    pattern = routes["drawn_it"]
    return re.sub(pattern, lambda m: f"{m[1]}<{meant[0]}>", text, count=1, flags=re.IGNORECASE)


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
