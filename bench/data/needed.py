"""The fact that a picture needs, where an item has no fact of its own but says it in a sentence."""

import re
from dataclasses import replace

from backbone.mini.places import PLACES
from backbone.mini.small_objects import SMALL_OBJECTS
from bench.data.facts import understood
from bench.data.items import Fact, Item

__all__ = ["needed_fact"]

_MENTION = re.compile(r"<[^<>]*>")
_PLACES = {name: (*place.phrases, place.noun) for name, place in PLACES.items()}
_WAYS = _PLACES | {thing.name: (thing.name,) for thing in SMALL_OBJECTS if thing.shape}


def needed_fact(item: Item) -> Fact:
    """Read an item's answer as a hidden fact.

    Code can look for it only where one place or thing is named: of several, which is meant is
    not known, and what the prompt names as well is not hidden.
    """
    named = _named(item.answer)
    if len(named) != 1 or named <= _named(item.text):
        return Fact(item.answer)
    return replace(understood(_MENTION.sub("", item.answer), visible=False), text=item.answer)


def _named(text: str) -> set[str]:
    plain = _MENTION.sub("", text)
    return {
        name
        for name, ways in _WAYS.items()
        if any(re.search(rf"\b{re.escape(way)}\b", plain, re.IGNORECASE) for way in ways)
    }
