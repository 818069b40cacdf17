"""What follows a drawing and says only what shall be otherwise: "again", "now in the snow"."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from graphs.data import data
from graphs.profile import asks
from graphs.router import bare_request
from learning.naming import mark_names

__all__ = ["FollowUp", "follow_change", "follow_up"]

# those who are drawn: not whose things are, and nobody who shall not be there
_DRAWN = re.compile(r"(?<!without )<([^<>]+)>(?!['’]s)")


@dataclass(frozen=True)
class FollowUp:
    """The whole request that a text means, and its route."""

    text: str
    route: str = "generate"


def follow_up(
    text: str, last_request: str, names: Collection[str], *, picture: bool = False
) -> FollowUp | None:
    """Return what a text after a drawing means, None if it does not go on from that.

    ``last_request`` is what was drawn last, with concepts as ``<name>``, "" if that was nothing.
    Where it says somebody who has none of the ``names`` by now, forgotten or renamed, nothing
    follows it. With its ``picture`` at hand, a colour changes that.
    """
    said = set(re.findall(r"<([^<>]+)>", last_request))
    if not last_request or not said <= set(names):
        return None
    bare = bare_request(text).rstrip(".!? ")
    if asks("again", bare):
        return FollowUp(last_request)
    drawn = list(dict.fromkeys(_DRAWN.findall(last_request)))
    coloured = re.match(data("routes")["coloured"], bare, re.IGNORECASE)
    if coloured and picture and len(drawn) == 1:
        return FollowUp(f"Make <{drawn[0]}> {coloured[1]}.", "edit")
    # with the "now" that is polite elsewhere
    whole = mark_names(" ".join(text.split()).rstrip(".!? "), list(names))[0]
    found = _with_others(last_request, whole, drawn) or _elsewhere(last_request, bare, drawn)
    return FollowUp(found) if found else None


def follow_change(text: str, name: str) -> FollowUp | None:
    """Return what a text after a change of somebody's picture means, None if it goes on from none.

    It changes the changed picture: who is blue by now is put in the garden blue.
    """
    bare = bare_request(text).rstrip(".!? ")
    coloured = re.match(data("routes")["coloured"], bare, re.IGNORECASE)
    if coloured:
        return FollowUp(f"Make <{name}> {coloured[1]}.", "edit")
    found = re.match(data("routes")["otherwise"], bare, re.IGNORECASE)
    if found is None or asks("clause", found[1]) or asks("adds", found[1]):
        return None
    return FollowUp(f"Put <{name}> {found[1]}.", "edit")


def _with_others(last_request: str, text: str, drawn: list[str]) -> str:
    """Say what was drawn with somebody else in the one's place, or with one less."""
    found = re.match(data("routes")["swapped"], text, re.IGNORECASE)
    if found and len(drawn) == 1:
        other = next(filter(None, found.groups()))
        return last_request.replace(f"<{drawn[0]}>", f"<{other}>")
    found = re.match(data("routes")["less"], text, re.IGNORECASE)
    if not found or found[1] not in drawn or len(drawn) < 2:
        return ""
    name = re.escape(f"<{found[1]}>")
    own = r"(?!['’]s)"
    joined = rf"(?:,| and|,? with|,? beside|,? next to|,? near|,? behind) {name}{own}"
    left = re.sub(rf"{joined}|{name},? and |{name}, ", "", last_request, count=1)
    # who does something with another cannot be left out so simply
    return "" if re.search(name + own, left) else left


def _elsewhere(last_request: str, text: str, drawn: list[str]) -> str:
    """Say what was drawn with something more, or somewhere else; "" if nobody was drawn."""
    found = re.match(data("routes")["otherwise"], text, re.IGNORECASE)
    if found is None or asks("clause", found[1]):
        return ""
    if asks("adds", found[1]):
        return f"{last_request.rstrip('.!? ')} {found[1]}"
    who = " and ".join(f"<{name}>" for name in drawn)
    return f"Draw {who} {found[1]}" if who else ""
