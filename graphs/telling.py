"""The fact in what somebody tells: "Please remember that she hates rain" is "she hates rain"."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.mentions import find_mentions
from graphs.ports import Known
from graphs.pronouns import PRONOUN
from graphs.router import either_apostrophe, route_by_rules, unpolite
from graphs.wording import content, sentences

__all__ = ["also_asked", "told_fact", "told_of"]

# "… and draw her with it": what is asked for in the same sentence
_DRAWN_TOO = (
    r",?\s+(?:and|then|and then)\s+(?:please\s+|now\s+)?(?:(?:draw|paint|sketch)\s+"
    r"(?:her|him|it|them|me|us|an?|the|<|(?-i:[A-Z]))\b|show\s+(?:me|us)\b)[^.!?]*(?=[.!?]|$)"
)
# what joins that to what is told
_JOINED = re.compile(r"^,?\s+(?:and then|and|then)\s+", re.IGNORECASE)


def told_fact(text: str, request: str, names: Sequence[str]) -> str:
    """Take the fact out of the user's own words; "" where they say nothing but names.

    ``request`` is the text with names in place of pronouns. It is used where the text leaves out
    one of several, since each of them gets the fact and "she" says nothing of who.
    """
    whose = "|".join([*map(re.escape, names), r"(?!)"])
    text = re.sub(rf"<({whose})>", r"\1", text)
    named = all(name.casefold() in text.casefold() for name in names)
    if not named and (len(names) > 1 or PRONOUN.search(text) is None):
        text = re.sub(r"<([^<>]+)>", r"\1", request)
    said = _without_requests(_unasked(text))
    pattern = either_apostrophe(data("routes")["fact"]).replace("NAMES", whose)
    fact = re.sub(pattern, "", said, flags=re.IGNORECASE).strip()
    # what they are is known
    fact = re.sub(rf"^(?:my|our) (?:\w+ )?(?=(?:{whose})\b)", "", fact, flags=re.IGNORECASE)
    return fact if _tells(fact, names) else ""


def also_asked(text: str) -> str:
    """Return what a text asks for besides telling something, "" if nothing."""
    _, asked = _parted(_unasked(text))
    return " ".join(re.sub(r"<([^<>]+)>", r"\1", one) for one in asked)


def told_of(fact: str, text: str, ids: Sequence[str], known: Sequence[Known]) -> list[Known]:
    """Return whom a fact is about: not those whom only another request of the text names."""
    about = sorted((one for one in known if one.id in ids), key=lambda one: list(ids).index(one.id))
    named = find_mentions(text, known).concepts
    there = find_mentions(fact, known).concepts
    kept = [one for one in about if one in there or one not in named]
    return kept or about


def _unasked(text: str) -> str:
    """Leave out that it is asked for: "could you … please?"."""
    whole = re.sub(r",\s*(?:please|thanks|thank you)[.!?]*$", "", text.strip(), flags=re.IGNORECASE)
    front = unpolite(whole)
    return front if front == whole else front.rstrip("? ")


def _without_requests(text: str) -> str:
    """Leave out what a later sentence asks for: "She hates rain. Draw her in the sun."."""
    told, asked = _parted(text)
    return told if asked else text


def _parted(text: str) -> tuple[str, list[str]]:
    """Part what is told from what is asked for in the same breath."""
    drawn = [found[0] for found in re.finditer(_DRAWN_TOO, text, re.IGNORECASE)]
    first, *more = sentences(re.sub(_DRAWN_TOO, "", text, flags=re.IGNORECASE)) or [""]
    asked = [one for one in more if one.endswith("?") or _draws(one)]
    kept = [one for one in more if one not in asked]
    return " ".join([first, *kept]), [re.sub(_JOINED, "", one) for one in drawn] + asked


def _draws(sentence: str) -> bool:
    found = route_by_rules(sentence, image=True)
    return found is not None and found.route == "generate"


def _tells(fact: str, names: Sequence[str]) -> bool:
    """Tell whether a fact says more than a name, and of somebody: not "that's her toy"."""
    plain = re.sub("|".join([*map(re.escape, names), r"(?!)"]), "", fact, flags=re.IGNORECASE)
    points = re.match(r"(?:that|this)(?:['’]s| is| was)\b", fact, re.IGNORECASE)
    whose = "|".join(map(re.escape, names)) or r"(?!)"
    # "remember Maeve's birthday" does not say when that is
    asks = re.match(data("routes")["no_fact"].replace("NAMES", whose), fact, re.IGNORECASE)
    return bool(content(plain)) and not points and not asks
