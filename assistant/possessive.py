"""A small model's "it's toy" for people: "Its toy".

A concept's name reads much like the word "it", and what the name's owner has comes out as "it's".
Where a question asks for something of somebody, and the answer says that very thing next, it is
"its"; "it's a ball" stays as it is.
"""

import re

__all__ = ["Possessive"]

_ASKED = re.compile(r"[’']s ([^?.\n]+)\?")


class Possessive:
    """Go through the pieces of an answer as they come, holding back two at most."""

    def __init__(self, prompt: str) -> None:
        asked = _ASKED.findall(prompt)
        self._thing = asked[-1].casefold() if asked else ""
        self._held, self._settled = "", not self._thing

    def hear(self, piece: str) -> str:
        """Take a piece, and return what can be told by now."""
        if self._settled:
            return piece
        self._held += piece
        text = self._held.lstrip()
        if re.fullmatch(r"(it([’']s?)?\s*)?", text, re.IGNORECASE):
            return ""
        return self.rest()

    def rest(self) -> str:
        """Return what was held back: the answer is over, or what it says is known."""
        held, self._held, self._settled = self._held, "", True
        found = re.match(r"\s*it[’']s (\w+)", held, re.IGNORECASE)
        if found and self._thing.startswith(found[1].casefold()):
            return re.sub(r"it[’']s", "Its", held, count=1, flags=re.IGNORECASE)
        return held
