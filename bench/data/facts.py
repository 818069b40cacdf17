"""Facts of subjects: read from ``concept.json``, or invented by a seeded template.

What is invented is never visible in the photos: it can be known by being taught alone. Places
and things are those that the embedded model has words and pictures for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.random import Generator

from backbone.mini.places import PLACES
from backbone.mini.small_objects import SMALL_OBJECTS
from bench.data.items import Fact
from bench.data.wording import templates
from omni_errors import InputError

__all__ = ["invent", "read_facts", "tells", "understood"]

_OWNED = re.compile(
    r"^(?:her|his|its|their|<[^<>]+>'s) ([\w -]+?) (?:is|are) (?:an? |the )?(.+)$", re.I
)
# keys of facts by their words, "facts" aside, and whether photos show what they hold
_SHOWN = ("visible", "seen", "shown")
_NO = ("not ", "non ", "non", "un", "in")
_VISIBLE = {
    **dict.fromkeys(_SHOWN, True),
    **{no + shown: False for shown in _SHOWN for no in _NO},
    **dict.fromkeys(("", "hidden"), False),
}
# what is said not to be so cannot be looked for
_DENIED = re.compile(r"\b(?:not|never|no|nowhere|without|far from|away from)\b|n['’]t\b", re.I)
_PLACE_WORDS = {place: (*PLACES[place].phrases, PLACES[place].noun) for place in PLACES}


def invent(number: int, taken: Sequence[str], rng: Generator) -> list[tuple[Fact, ...]]:
    """Invent a place and a thing for each of ``number`` subjects, as different as they can be.

    ``taken`` are class words, which no thing may be.
    """
    places = _dealt(templates()["places"], number, rng)
    words = " ".join(taken).lower()
    things = [o.name for o in SMALL_OBJECTS if o.shape and o.shape not in words and not o.worn]
    objects = _dealt(things, number, rng)
    ways = templates()["facts"]
    return [
        (
            _invented(_turn(ways["place"], n), "place", place, PLACES[place].phrases[0]),
            _invented(_turn(ways["object"], n), "object", thing, thing),
        )
        for n, (place, thing) in enumerate(zip(places, objects, strict=True))
    ]


def _turn(ways: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any]:
    """Take turns: of what is said in one way only, that way may be all that is measured."""
    return ways[number % len(ways)]


def _dealt(things: Sequence[str], number: int, rng: Generator) -> list[str]:
    """Deal things like cards: none comes twice before each came once."""
    dealt: list[str] = []
    while len(dealt) < number:
        dealt += [things[int(n)] for n in rng.permutation(len(things))]
    return dealt[:number]


def _invented(way: Mapping[str, Any], kind: str, value: str, said: str) -> Fact:
    return Fact(way["fact"].replace("{v}", said), False, way["noun"], value, kind, "invented")


def read_facts(record: Mapping[str, Any], where: str, shown: bool = False) -> tuple[Fact, ...]:
    """Read the facts of a ``concept.json``: visible ones and others, as texts or records.

    ``"facts"`` may be a list, one text, a record of such groups, or of values by what they are:
    ``{"home": "on the beach"}`` says that its home is on the beach. What comes twice counts once;
    ``shown`` tells whether photos show what a group does not speak of.

    Raises:
        InputError: naming what is no fact.
    """
    found = dict[str, Fact]()
    for key, given in record.items():
        group = _group(key)
        if group is None:
            continue
        visible = shown if group == "" else _VISIBLE[group]
        for fact in _group_of(given, visible, where):
            found.setdefault(fact.text.casefold(), fact)
    return tuple(found.values())


def _group(key: str) -> str | None:
    """Tell which facts a key holds by its words, None if none: "visible_facts", "hidden"."""
    words = re.sub(r"[\W_]+", " ", key).casefold().split()
    rest = " ".join(word for word in words if word not in ("facts", "fact"))
    return rest if rest in _VISIBLE and words else None


def _group_of(given: Any, visible: bool, where: str) -> list[Fact]:
    if isinstance(given, Mapping) and "text" not in given:
        groups = {key: value for key, value in given.items() if _group(key) is not None}
        owned = [_owned(key, value, where) for key, value in given.items() if key not in groups]
        told = [understood(text, visible) for text in owned]
        return [*read_facts(groups, where, visible), *told]
    one = isinstance(given, str | Mapping)
    listed = [given] if one else [] if given is None else given
    if not isinstance(listed, list):
        raise InputError(f"{given!r} in {where} is no list.", hint='Write ["its toy is red"].')
    return [_read(fact, visible, where) for fact in listed if fact != ""]


def _owned(key: str, value: Any, where: str) -> str:
    """Say a value, or several, by what they are."""
    values = value if isinstance(value, list) else [value]
    said = all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in values)
    if not values or not said:
        raise InputError(
            f"{value!r} in {where} is no fact.", hint='Write {"home": "on the beach"}.'
        )
    is_are = "are" if len(values) > 1 else "is"
    return f"its {key.replace('_', ' ')} {is_are} {' and '.join(map(str, values))}"


def _read(given: Any, visible: bool, where: str) -> Fact:
    if isinstance(given, str) and given.strip():
        return understood(given, visible)
    if isinstance(given, Mapping) and isinstance(given.get("text"), str):
        return understood(given["text"], bool(given.get("visible", visible)))
    raise InputError(
        f"{given!r} in {where} is no fact.", hint='Write "its toy is red" or {"text": …}.'
    )


def understood(text: str, visible: bool) -> Fact:
    """Find what a fact is about, and whether it names a place or thing that code can look for."""
    plain = " ".join(text.split()).rstrip(".")
    owned = _OWNED.match(plain)
    noun, value = (owned[1], owned[2]) if owned else ("", "")
    kind, named = ("", "") if _DENIED.search(plain) else _named(plain)
    return Fact(plain, visible, noun, named or value, kind)


def _named(text: str) -> tuple[str, str]:
    """Find the place or thing a text names that code can look for: its kind and its name."""
    kind, value = "", ""
    for place in _PLACE_WORDS:
        if _names(text, place):
            kind, value = "place", place
    for thing in SMALL_OBJECTS:
        if thing.shape and _says(text, thing.name):
            kind, value = "object", thing.name
    return kind, value


def tells(asked: str, fact: Fact) -> bool:
    """Tell whether a prompt gives away the place or thing that its fact is to tell."""
    found = _names(asked, fact.value) if fact.kind == "place" else _says(asked, fact.value)
    return bool(fact.kind) and found


def _names(text: str, place: str) -> bool:
    return any(_says(text, way) for way in _PLACE_WORDS.get(place, ()))


def _says(text: str, words: str) -> bool:
    return re.search(rf"\b{re.escape(words)}\b", text, re.I) is not None
