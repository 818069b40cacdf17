"""Words of a bench as data, filled for one subject."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from backbone.mini.words import with_article

__all__ = ["fill", "of_class", "prompts", "templates"]


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


def of_class(text: str, mention: str, class_word: str) -> str:
    """Say a subject's class in place of its name, with the article that a name goes without."""
    # "a red <x>" and "the <x>" have theirs
    had = rf"(?:a|an|the) (?:{'|'.join(_adjectives())}) |(?:the|this|that|my) "
    name = re.compile(rf"(\b(?:{had}))?(?:\ban? )?<{re.escape(mention)}>", re.I)
    phrase = with_article(class_word)
    return name.sub(lambda found: found[1] + class_word if found[1] else phrase, text)


@cache
def _adjectives() -> tuple[str, ...]:
    """List what stands between an article and the subject in the 25 prompts."""
    ways = {way for kind in ("object", "live") for way in prompts()[kind]}
    found = {match[1] for way in ways if (match := re.fullmatch(r"a (.+) <x>", way))}
    return tuple(sorted(re.escape(one) for one in found))
