"""Wordings as data: ways to ask and to answer, one file for each kind, filled with words.

``{m}`` is the mention of the concept (``<name>``), ``{c}`` its class, ``{a}`` the class with its
article, ``{A}`` the same at the start of a sentence.
"""

import json
from functools import cache
from pathlib import Path

from backbone.mini.words import sentence, with_article

__all__ = ["read_wordings", "word_slots"]


@cache
def read_wordings(kind: str) -> dict[str, tuple[str, ...]]:
    """Read one file of wordings: what they are for or about, and the ways to say it."""
    text = (Path(__file__).parent / "data" / f"{kind}.json").read_text("utf-8")
    return {use: tuple(ways) for use, ways in json.loads(text).items()}


def word_slots(name: str, class_word: str) -> dict[str, str]:
    """Return the words that fill wordings for a concept."""
    article = with_article(class_word)
    return {"m": f"<{name}>", "c": class_word, "a": article, "A": sentence(article)}
