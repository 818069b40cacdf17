"""What follows a drawing and says only what shall be otherwise: "again", "now in the snow"."""

import re
from collections.abc import Collection

from graphs.data import data
from graphs.router import bare_request

__all__ = ["follow_up"]


def follow_up(text: str, last_request: str, names: Collection[str]) -> str:
    """Return the whole request that a text after a drawing means, or else the text.

    ``last_request`` is what was drawn by the turn before, with concepts as ``<name>``, "" if
    that drew nothing. Where it says somebody who has none of the ``names`` by now, forgotten or
    renamed, nothing follows it.
    """
    said = re.findall(r"<([^<>]+)>", last_request)
    if not last_request or not set(said) <= set(names):
        return text
    bare = bare_request(text)
    if re.match(data("routes")["again"], bare, re.IGNORECASE):
        return last_request
    found = re.match(data("routes")["otherwise"], bare, re.IGNORECASE)
    who = " and ".join(f"<{name}>" for name in dict.fromkeys(said))
    return f"Draw {who} {found[1]}" if found and who else text
