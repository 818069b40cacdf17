"""What a request points at without a name: "it", "the dog", who is in the photo."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.kinds import is_person, kind_in
from graphs.mentions import find_mentions
from graphs.ports import Known

__all__ = ["named_object", "pointed_at", "points"]


def points(text: str, known: Sequence[Known]) -> bool:
    """Tell whether a text may mean somebody whom it does not name."""
    pronoun = re.search(data("routes")["pointing"], text, re.IGNORECASE) is not None
    return pronoun or any(kind_in(text, one) for one in known)


def named_object(text: str, concept: Known, *, changed: bool = False) -> str:
    """Name what a request draws or changes, where that is "it", "this" or "the dog".

    Where a picture was ``changed`` just before, "remove it" may mean what that brought.
    """
    name = f"<{concept.name}>"
    if name in text:
        # "the dog next to her" is another
        return text
    kind = kind_in(text, concept)
    if kind:
        return text[: kind.start()] + name + text[kind.end() :]
    for pattern in _objects(concept, changed=changed):
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            return text[: found.start("o")] + name + text[found.end("o") :]
    return text


def _objects(concept: Known, *, changed: bool) -> list[str]:
    """Return where a request says "it" for a concept; of a person only who draws says that."""
    routes = data("routes")
    if is_person(concept):
        return [routes["drawn_it"]]
    return [routes["drawn_it"], *routes["acted_on"], *(() if changed else routes["taken_away"])]


def pointed_at(text: str, seen: Sequence[Known]) -> tuple[str, tuple[Known, ...]]:
    """Return a text with a name for the one it means of those who are seen, and that one.

    Of several it is the one of the kind that the text says; nobody where that is not clear.
    """
    of_kind = [one for one in seen if kind_in(text, one)]
    meant = of_kind or list(seen)
    if len(meant) != 1:
        return text, ()
    named = named_object(find_mentions(text, meant, meant).text, meant[0])
    return named, tuple(meant) if f"<{meant[0].name}>" in named else ()
