"""Wishes in the words a model learned them in."""

import re
from collections.abc import Sequence

from backbone.mini.places import PLACES
from graphs.data import data
from graphs.ports import Known
from graphs.profile import asks
from graphs.router import bare_request, unpolite

__all__ = ["as_addition", "as_background", "as_drawing", "as_removal", "left_out"]


def as_drawing(text: str) -> str:
    """Say a wish for a drawing as drawings are asked for, without what is polite."""
    bare = unpolite(bare_request(text))
    bare = re.sub(data("routes")["looks_like"], r"\1", bare, flags=re.IGNORECASE)
    shorter = re.sub(data("routes")["drawn_as"], "", bare, flags=re.IGNORECASE)
    if shorter.startswith("<") and shorter != text.strip():
        return f"Draw {shorter.rstrip('? ')}"
    return shorter


def left_out(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a wish without those who shall not be drawn, and their names: "without <kai>".

    Their tokens would draw them. Where nobody else is named it stays as it is.
    """
    pattern = data("routes")["left_out"]
    said = " ".join(found[0] for found in re.finditer(pattern, text, re.IGNORECASE))
    names = tuple(re.findall(r"<([^<>]+)>", said))
    rest = re.sub(pattern, "", text, flags=re.IGNORECASE)
    alone = re.search(r"\b(?:an?|the|my|our|some|two|three|every\w+) [^\W\d_]", rest, re.IGNORECASE)
    return (rest, names) if "<" in rest or (names and alone) else (text, ())


def as_removal(prompt: str, known: Sequence[Known]) -> tuple[str, str]:
    """Write "remove <name>" as it was trained, with the concept's class; return its id too.

    Any other prompt stays as it is, and removes nobody.
    """
    found = re.match(data("routes")["removal"], prompt, re.IGNORECASE)
    named = {concept.name: concept for concept in known}
    one = named.get(next(filter(None, found.groups()))) if found else None
    if one is None or not one.class_name:
        return prompt, one.id if one else ""
    said = data("sayings")["edit_removal"]
    return str(said.format(name=one.name, class_name=one.class_name)), one.id


def as_addition(prompt: str) -> str:
    """Return what a wish adds beside somebody, "a red ball"; "" where it says where, or no thing.

    Rain and sunsets are no things, and a hat on somebody's head goes where the model puts it.
    """
    found = re.match(data("routes")["addition"], prompt, re.IGNORECASE)
    thing = next(filter(None, found.groups())) if found else ""
    return "" if asks("no_addition", thing) else thing


def as_background(prompt: str) -> str:
    """Write a wish for another background as it was trained, with a place the model learned."""
    found = re.match(data("routes")["background"], prompt, re.IGNORECASE)
    if found is None:
        return prompt
    where = _where(found[1].casefold().rstrip(".! "))
    return f"Replace the background: {where}." if where else prompt


def _where(said: str) -> str:
    """Return "on the beach" for "a beach", "" for a place that no model of ours learned."""
    noun = _bare(re.sub(r"^(?:in|on|at|by) ", "", said))
    fits = (place for name, place in PLACES.items() if noun in (name, _bare(place.noun)))
    return next((place.phrases[0] for place in fits), "")


def _bare(noun: str) -> str:
    return re.sub(r"^(?:an?|the|some) ", "", noun)
