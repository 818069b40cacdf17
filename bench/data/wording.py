"""Words of a bench as data, filled for one subject."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from backbone.mini.words import with_article

__all__ = ["fill", "prompts", "templates"]


@cache
def templates() -> dict[str, Any]:
    """Read the wordings of questions, facts and prompts."""
    return _read("templates")


@cache
def prompts() -> dict[str, Any]:
    """Read the 25 prompts of each kind."""
    return _read("prompts")


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_text("utf-8"))
    return found


def fill(way: str, mention: str, class_word: str = "", **slots: str) -> str:
    """Fill a wording: ``<x>`` is the subject, ``{a}`` its class with an article."""
    for key, value in {"a": with_article(class_word) if class_word else "", **slots}.items():
        way = way.replace(f"{{{key}}}", value)
    # "a <x>" is said of a class; a name goes without
    name = f"<{mention}>"
    return way.replace("a <x>", name).replace("A <x>", name).replace("<x>", name)
