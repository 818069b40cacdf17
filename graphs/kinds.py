"""Those who are called by what they are: "the dog", "my mug"."""

import re

from graphs.data import data
from graphs.ports import Known

__all__ = ["OURS", "THE", "is_person", "kind_in"]

# articles by which the only one is meant, and by which the one that was spoken of is
OURS, THE = "my|our", "the|this|that"


def kind_in(text: str, concept: Known, articles: str = f"{THE}|{OURS}") -> re.Match[str] | None:
    """Find "the dog" for a dog, and "the animal" for a stuffed animal; a "dog park" is none."""
    words = concept.class_name.split()
    if not words:
        return None
    kinds = "|".join(map(re.escape, dict.fromkeys((" ".join(words), words[-1]))))
    places = re.finditer(rf"\b(?:{articles}) (?:{kinds})\b", text, re.IGNORECASE)
    return next((found for found in places if _ends(text[found.end() :])), None)


def _ends(rest: str) -> bool:
    """Tell whether a noun is whole before these words: "the dog likes", but not "the dog bed"."""
    if not rest.startswith(" "):
        return not rest.startswith("-")
    following = re.match(r" ([^\W\d_]+)", rest)
    if following is None:
        return True
    word, lists = following[1].casefold(), data("words")
    after = ("stop", "manners", "deeds", "predicates", "shades", "sides", "verbs")
    known = {word, word.removesuffix("s")} & {one for name in after for one in lists[name]}
    return following[1].islower() and (bool(known) or (word.endswith("ing") and len(word) > 5))


def is_person(concept: Known) -> bool:
    """Tell whether something is somebody, whom nobody calls "it"."""
    beings = data("words")["beings"]
    return any(concept.class_name.casefold() in beings[group] for group in ("he", "she", "person"))
