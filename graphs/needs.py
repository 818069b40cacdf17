"""What a request leaves to be known: "her toy", "in his home", "at work"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphs.data import data
from graphs.wording import bare, related, stem

__all__ = ["Need", "find_needs", "open_needs", "without_acted_on"]

_MOST_WORDS = 3
# whose toy is changed, or shall not be there, is in the picture or not: no fact is asked for
_ACTED_ON = (
    r"\b(?:change|replace|swap|recolou?r|remove|erase|delete|without|take away|get rid of)"
    r"(?: <[^<>]+> and)? $"
)
# "paint her toy red", but not "paint her toy"
_MADE = r"\b(?:make|turn|paint|colou?r|dye) $"


@dataclass(frozen=True)
class Need:
    """A phrase of a request, where it stands, and the noun it needs a fact on."""

    phrase: str
    noun: str
    start: int
    end: int
    # what stands before its fact in its place: "at home" is "in a tent"
    preposition: str = ""

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


def without_acted_on(request: str, name: str) -> str:
    """Leave out what of the concept's is changed or removed, of which no fact is needed."""
    left = request
    for need in reversed(list(_owned(request, name))):
        if _is_acted_on(request, need):
            left = left[: need.start] + left[need.end :]
    return left


def _possessive(request: str, name: str) -> Iterator[Need]:
    return (need for need in _owned(request, name) if not _is_acted_on(request, need))


def _is_acted_on(request: str, need: Need) -> bool:
    before, after = request[: need.start], request[need.end :]
    if re.search(_MADE, before, re.IGNORECASE):
        following = re.match(r" (\w+)", after)
        ends = {need.noun.split()[-1].casefold(), following[1].casefold() if following else ""}
        return bool(ends & {"into", *data("words")["predicates"]})
    return re.search(_ACTED_ON, before, re.IGNORECASE) is not None


def _owned(request: str, name: str) -> Iterator[Need]:
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
    for phrase, (noun, preposition) in data("words")["implied"].items():
        found = re.search(rf"\b{phrase}\b", request, re.IGNORECASE)
        if found:
            yield Need(found[0], noun, found.start(), found.end(), preposition)
