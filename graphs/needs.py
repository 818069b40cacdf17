"""What a request leaves to be known: "her toy", "in his home", "at work"."""

import re
from dataclasses import dataclass

from graphs.data import data
from graphs.wording import stem

__all__ = ["Need", "find_need"]

_MOST_WORDS = 3


@dataclass(frozen=True)
class Need:
    """A phrase of a request, where it stands, and the noun it needs a fact on."""

    phrase: str
    noun: str
    start: int
    end: int


def find_need(request: str, name: str) -> Need | None:
    """Find the first phrase that only a fact about the concept can fill.

    Pronouns are taken to mean the concept: hand in the part of a request that is about it.
    """
    return _possessive(request, name) or _implied(request)


def _possessive(request: str, name: str) -> Need | None:
    owner = rf"(?:\b(?:her|his|its|their)\b|<{re.escape(name)}>['’]s)"
    for found in re.finditer(rf"{owner}((?:\s+[^\W\d_][\w-]*)+)", request, re.IGNORECASE):
        noun = _noun(found[1])
        if noun:
            end = found.start(1) + len(noun)
            return Need(request[found.start() : end], noun.strip(), found.start(), end)
    return None


def _noun(text: str) -> str:
    """Cut a noun phrase, with the space before it, out of the words after a possessive."""
    stop, bodily = data("words")["stop"], data("words")["bodily"]
    kept = ""
    for match in list(re.finditer(r"\s+[\w-]+", text))[:_MOST_WORDS]:
        word = match[0].strip().casefold()
        if word in stop or (kept and word.endswith("ing")):
            break
        kept += match[0]
    last = kept.split()[-1].casefold() if kept.split() else ""
    return "" if stem(last) in {stem(word) for word in bodily} else kept


def _implied(request: str) -> Need | None:
    for phrase, noun in data("words")["implied"].items():
        found = re.search(rf"\b{phrase}\b", request, re.IGNORECASE)
        if found:
            return Need(found[0], noun, found.start(), found.end())
    return None
