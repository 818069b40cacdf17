"""A small model's "it's toy" for people: "Its toy".

Names of several untrained concepts all read as the word "it", and what one of them has comes out
as "it's".
Where the answer then names what was asked for, or says what that is, it is "its"; "it's a ball"
stays as it is.
"""

import re

from graphs.wording import content

__all__ = ["Possessive"]

_ASKED = re.compile(r"[’']s ([^?.\n]+)\?")
_BEGUN = re.compile(r"(i|it([’']s?)?\s*)?", re.IGNORECASE)
_SAID = re.compile(r"it[’']s (\w+)(?:\s+(\w+))?", re.IGNORECASE)
# what follows a thing that somebody has
_VERBS = frozenset({"is", "are", "was", "were", "has"})


class Possessive:
    """Go through the pieces of an answer as they come, holding back the first few at most."""

    def __init__(self, prompt: str) -> None:
        asked = _ASKED.findall(prompt)
        self._thing = asked[-1].casefold() if asked else ""
        self._held, self._settled = "", False

    def hear(self, piece: str) -> str:
        """Take a piece, and return what can be told by now."""
        if self._settled:
            return piece
        self._held += piece
        text = self._held.lstrip()
        said = _SAID.match(text)
        # a word is whole when another one begins
        waiting = said is not None and said[2] is None and not text[said.end(1) :].strip()
        return "" if _BEGUN.fullmatch(text) or waiting else self.rest()

    def rest(self) -> str:
        """Return what was held back: the answer is over, or what it says is known."""
        held, self._held, self._settled = self._held, "", True
        said = _SAID.match(held.lstrip())
        if said and (self._named(said[1]) or (said[2] or "").casefold() in _VERBS):
            return re.sub(r"it[’']s", "Its", held, count=1, flags=re.IGNORECASE)
        return held

    def _named(self, word: str) -> bool:
        """Tell whether a word is one of the thing that was asked for."""
        return bool(content(word) & content(self._thing))
