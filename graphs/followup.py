"""What follows a drawing and says only what shall be otherwise: "again", "now in the snow"."""

import re
from collections.abc import Collection

from graphs.data import data
from graphs.profile import asks
from graphs.router import bare_request

__all__ = ["follow_up"]

# those who are drawn: not whose things are, and nobody who shall not be there
_DRAWN = re.compile(r"(?<!without )<([^<>]+)>(?!['’]s)")


def follow_up(text: str, last_request: str, names: Collection[str]) -> str:
    """Return the whole request that a text after a drawing means, "" if it means none.

    ``last_request`` is what was drawn by the turn before, with concepts as ``<name>``, "" if
    that drew nothing. Where it says somebody who has none of the ``names`` by now, forgotten or
    renamed, nothing follows it.
    """
    said = set(re.findall(r"<([^<>]+)>", last_request))
    if not last_request or not said <= set(names):
        return ""
    bare = bare_request(text).rstrip(".!? ")
    if asks("again", bare):
        return last_request
    found = re.match(data("routes")["otherwise"], bare, re.IGNORECASE)
    return _changed(last_request, found[1]) if found and not asks("clause", found[1]) else ""


def _changed(last_request: str, phrase: str) -> str:
    """Say what was drawn with something more, or somewhere else; "" if nobody was drawn."""
    if asks("adds", phrase):
        return f"{last_request.rstrip('.!? ')} {phrase}"
    who = " and ".join(f"<{name}>" for name in dict.fromkeys(_DRAWN.findall(last_request)))
    return f"Draw {who} {phrase}" if who else ""
