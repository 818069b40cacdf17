"""The part of a request that is about one of several concepts.

The model has learned requests about one; several in a sentence are taken one by one, each with
the sentence's beginning: "Draw <a> with her toy and <b> in his home." is "Draw <a> with her
toy." and "Draw <b> in his home.".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Clause", "beside", "clause"]

_JOINT = re.compile(
    r"[\s,;]*\b(?:and|with|next to|beside|near|behind|while|plus|together with)?\s*$", re.I
)


@dataclass(frozen=True)
class Clause:
    """A request about one concept, and the part of the whole that it stands for.

    A ``shared`` one is about several ("with their toys"), so nothing can be put in its place; a
    ``whole`` one is all there is but for added facts.
    """

    text: str
    head: str
    start: int
    end: int
    shared: bool = False
    whole: bool = False

    def fits(self, composed: str) -> bool:
        """Tell whether a rewritten clause still begins as the sentence does."""
        return composed.casefold().startswith(self.head.casefold())

    def put_back(self, request: str, composed: str) -> str:
        """Return the whole request with the clause rewritten."""
        if composed.startswith(self.text):
            # the fact stands after the clause: it goes after the whole request
            added = composed[len(self.text) :].lstrip(" .")
            return beside(request, added) if added else request
        if self.whole:
            added = request[self.end :].strip()
            return beside(composed, added) if added else composed
        inner = composed[len(self.head) :].rstrip(" .")
        return request[: self.start] + inner + request[self.end :]


def beside(request: str, fact: str) -> str:
    """Add a fact after a request, as a sentence of its own."""
    end = "" if request.rstrip()[-1:] in (".", "!", "?") else "."
    return f"{request.rstrip()}{end} {fact}"


def clause(request: str, name: str, names: Sequence[str]) -> Clause:
    """Cut out what a request says about one of the names it mentions."""
    # facts added as sentences of their own are not looked at again
    main = re.split(r"(?<=[.!?])\s+(?=<)", request, maxsplit=1)[0]
    places = [m for m in re.finditer(r"<([^<>]+)>", main) if m[1] in names]
    own = [m for m in places if m[1] == name]
    if not own:
        return Clause(request, "", 0, len(request), whole=True)
    if len({m[1] for m in places}) < 2:
        return Clause(main, "", 0, len(main), whole=True)
    head, tail = main[: places[0].start()], main[places[-1].end() :]
    if re.search(r"\btheirs?\b", tail, re.IGNORECASE):
        return Clause(f"{head}<{name}>{tail}", head, 0, len(request), shared=True)
    start = own[0].start()
    later = [m.start() for m in places if m.start() > start and m[1] != name]
    inner = _JOINT.sub("", main[start : later[0]]) if later else main[start:].rstrip(" .")
    stop = "." if main.rstrip().endswith(".") else ""
    return Clause(f"{head}{inner}{stop}", head, start, start + len(inner))
