"""Wordings as data: ways to ask and to answer, one file for each kind, filled with words.

``{m}`` is the mention of the concept (``<name>``), ``{c}`` its class, ``{a}`` the class with its
article, ``{A}`` the same at the start of a sentence.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from backbone.mini.words import sentence, with_article

__all__ = ["before", "read_wordings", "word_slots"]


@cache
def read_wordings(kind: str) -> dict[str, tuple[str, ...]]:
    """Read one file of wordings: what they are for or about, and the ways to say it."""
    text = (Path(__file__).parent / "data" / f"{kind}.json").read_text("utf-8")
    return {use: tuple(ways) for use, ways in json.loads(text).items()}


def word_slots(name: str, class_word: str) -> dict[str, str]:
    """Return the words that fill wordings for a concept."""
    article = with_article(class_word)
    return {"m": f"<{name}>", "c": class_word, "a": article, "A": sentence(article)}


def before(name: str, lines: Sequence[str], text: str) -> str:
    """Put lines about a concept before a question; without any it stays as it is."""
    (form,), listed = read_wordings("profile")["form"], "\n".join(f"- {line}" for line in lines)
    return form.format(n=f"<{name}>", f=listed, q=text) if lines else text
