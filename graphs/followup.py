"""What follows a drawing and says only what shall be otherwise: "again", "now in the snow"."""

import re
from collections.abc import Collection

from graphs.data import data
from graphs.profile import asks
from graphs.router import bare_request
from learning.naming import mark_names

__all__ = ["follow_up"]

# those who are drawn: not whose things are, and nobody who shall not be there
_DRAWN = re.compile(r"(?<!without )<([^<>]+)>(?!['’]s)")


def follow_up(text: str, last_request: str, names: Collection[str]) -> str:
    """Return the whole request that a text after a drawing means, "" if it means none.

    ``last_request`` is what was drawn last, with concepts as ``<name>``, "" if that was nothing.
    Where it says somebody who has none of the ``names`` by now, forgotten or renamed, nothing
    follows it.
    """
    said = set(re.findall(r"<([^<>]+)>", last_request))
    if not last_request or not said <= set(names):
        return ""
    bare = bare_request(text).rstrip(".!? ")
    if asks("again", bare):
        return last_request
    drawn = list(dict.fromkeys(_DRAWN.findall(last_request)))
    found = re.match(data("routes")["coloured"], bare, re.IGNORECASE)
    if found and len(drawn) == 1:
        return f"Make <{drawn[0]}> {found[1]}."
    # with the "now" that is polite elsewhere
    whole = mark_names(" ".join(text.split()).rstrip(".!? "), list(names))[0]
    found = re.match(data("routes")["swapped"], whole, re.IGNORECASE)
    if found and len(drawn) == 1:
        other = next(filter(None, found.groups()))
        return last_request.replace(f"<{drawn[0]}>", f"<{other}>")
    found = re.match(data("routes")["less"], whole, re.IGNORECASE)
    if found and found[1] in drawn and len(drawn) > 1:
        return _less(last_request, f"<{found[1]}>")
    found = re.match(data("routes")["otherwise"], bare, re.IGNORECASE)
    return _changed(last_request, found[1], drawn) if found and not asks("clause", found[1]) else ""


def _changed(last_request: str, phrase: str, drawn: list[str]) -> str:
    """Say what was drawn with something more, or somewhere else; "" if nobody was drawn."""
    if asks("adds", phrase):
        return f"{last_request.rstrip('.!? ')} {phrase}"
    who = " and ".join(f"<{name}>" for name in drawn)
    return f"Draw {who} {phrase}" if who else ""


def _less(last_request: str, name: str) -> str:
    """Say what was drawn with one less of those who were."""
    joined = rf",? (?:and|with|beside|next to|near|behind) {name}(?!['’]s)|{name},? (?:and|with) "
    return re.sub(joined, "", last_request, count=1, flags=re.IGNORECASE)
