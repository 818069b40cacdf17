"""What a request leaves to be known: "her toy", "in his home", "at work"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphs.data import data
from graphs.wording import bare, related, stem

__all__ = ["Need", "find_needs", "open_needs"]

_MOST_WORDS = 3


@dataclass(frozen=True)
class Need:
    """A phrase of a request, where it stands, and the noun it needs a fact on."""

    phrase: str
    noun: str
    start: int
    end: int

    def about(self, question: str) -> bool:
        """Tell whether a question asks for it, in whatever words."""
        asked, noun = bare(question), bare(self.noun)
        return bool(related(asked) & noun or asked & related(noun))


def find_needs(request: str, name: str) -> list[Need]:
    """Find the phrases that only facts about the concept can fill, in order.

    Pronouns are taken to mean the concept: hand in the part of a request that is about it.
    """
    return sorted([*_possessive(request, name), *_implied(request)], key=lambda need: need.start)


def open_needs(request: str, name: str, asked: Sequence[str]) -> list[Need]:
    """Find the needs that no question was asked about yet."""
    needs = find_needs(request, name)
    return [need for need in needs if not any(need.about(question) for question in asked)]


def _possessive(request: str, name: str) -> Iterator[Need]:
    owner = rf"(?:\b(?:her|his|its|their)\b|<{re.escape(name)}>['’]s)"
    for found in re.finditer(owner, request, re.IGNORECASE):
        noun = _noun(request[found.end() :])
        if noun:
            end = found.end() + len(noun)
            yield Need(request[found.start() : end], noun.strip(), found.start(), end)


def _noun(text: str) -> str:
    """Cut a noun phrase, with the space before it, out of the words after a possessive."""
    stop, bodily = data("words")["stop"], data("words")["bodily"]
    kept, following = "", re.match(r"(?:\s+[^\W\d_][\w-]*)+", text)
    for part in re.findall(r"\s+\S+", following[0] if following else "")[:_MOST_WORDS]:
        word = part.strip().casefold()
        if word in stop or (kept and word.endswith("ing")):
            break
        kept += part
    last = kept.split()[-1].casefold() if kept.split() else ""
    return "" if stem(last) in {stem(word) for word in bodily} else kept


def _implied(request: str) -> Iterator[Need]:
    for phrase, noun in data("words")["implied"].items():
        found = re.search(rf"\b{phrase}\b", request, re.IGNORECASE)
        if found:
            yield Need(found[0], noun, found.start(), found.end())
