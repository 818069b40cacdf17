"""What a request points at without a name: "it", "the dog", who is in the photo."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.mentions import find_mentions, kinds_of
from graphs.ports import Known

__all__ = ["named_object", "pointed_at", "points"]


def points(text: str, known: Sequence[Known]) -> bool:
    """Tell whether a text may mean somebody whom it does not name."""
    pronoun = re.search(data("routes")["pointing"], text, re.IGNORECASE) is not None
    return pronoun or any(re.search(kinds_of(one), text, re.IGNORECASE) for one in known)


def named_object(text: str, concept: Known) -> str:
    """Name what a request draws or changes, where that is "it", "this" or "the dog"."""
    name = f"<{concept.name}>"
    by_kind = re.sub(kinds_of(concept), lambda _: name, text, count=1, flags=re.IGNORECASE)
    if by_kind != text:
        return by_kind
    for pattern in data("routes")["acted_on"]:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            return text[: found.start("o")] + name + text[found.end("o") :]
    return text


def pointed_at(text: str, seen: Sequence[Known]) -> tuple[str, tuple[Known, ...]]:
    """Return a text with a name for the one it means of those who are seen, and that one.

    Of several it is the one of the kind that the text says; nobody where that is not clear.
    """
    of_kind = [one for one in seen if re.search(kinds_of(one), text, re.IGNORECASE)]
    meant = of_kind or list(seen)
    if len(meant) != 1:
        return text, ()
    named = named_object(find_mentions(text, meant, meant).text, meant[0])
    return named, tuple(meant) if f"<{meant[0].name}>" in named else ()
