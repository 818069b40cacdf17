"""English around nouns: articles, plurals, numbers, lists, and templates filled without gaps."""

import re
from collections.abc import Sequence

from numpy.random import Generator

__all__ = ["NUMBERS", "choose", "is_plural", "joined", "plural", "sentence", "tidy", "with_article"]

NUMBERS = ("zero", "one", "two", "three", "four", "five")
_ODD = {
    "fish": "fish",
    "sheep": "sheep",
    "deer": "deer",
    "bison": "bison",
    "moose": "moose",
    "shrimp": "shrimp",
    "squid": "squid",
    "mouse": "mice",
    "goose": "geese",
    "ox": "oxen",
    "person": "people",
    "die": "dice",
    "leaf": "leaves",
    "sheaf": "sheaves",
    "knife": "knives",
    "scarf": "scarves",
    "shelf": "shelves",
    "wolf": "wolves",
    "elf": "elves",
    "calf": "calves",
}
_MASS = frozenset(
    "bread popcorn custard pudding salt butter bacon garlic sushi broccoli meat ice cheese money "
    "soap yarn spaghetti coral sake mate fire ginger candy film flatbread oden dango corn".split()
)
# Words that end in s and are one thing, so they take an article and no plural.
_SINGLE = frozenset(
    "bus trolleybus minibus glass compass dress cactus lotus cross octopus hibiscus walrus abacus"
    " rhinoceros hippopotamus citrus canvas mattress platypus mantis".split()
)


def choose(options: Sequence[str], rng: Generator) -> str:
    """Draw one of several texts."""
    return options[int(rng.integers(len(options)))]


def _head(noun: str) -> str:
    """Give the word that decides: "cup" of "cup of coffee", "apple" of "red apple"."""
    return noun.split(" of ")[0].split()[-1]


def is_plural(noun: str) -> bool:
    """Say whether a noun already stands for several things."""
    head = _head(noun)
    return head.endswith("s") and not head.endswith("ss") and head not in _SINGLE


def with_article(noun: str) -> str:
    """Put a or an before a countable noun."""
    if is_plural(noun) or _head(noun) in _MASS or noun.split()[0] in ("a", "an", "the"):
        return noun
    vowel = noun[0].lower() in "aeiou" and not re.match(r"(uni|use|one|ukulele|euro|ewe)", noun)
    silent = re.match(r"(hour|x-ray)", noun) is not None
    return f"{'an' if vowel or silent else 'a'} {noun}"


def plural(noun: str) -> str:
    """Give the plural of a noun or noun phrase."""
    if " of " in noun:
        head, rest = noun.split(" of ", 1)
        return f"{plural(head)} of {rest}"
    *front, last = noun.split()
    if last in _ODD:
        last = _ODD[last]
    elif last.endswith("man") and last != "human":
        last = f"{last[:-3]}men"
    elif not is_plural(noun) and last not in _MASS:
        if re.search(r"(s|x|ch|sh)$", last) or last in (
            "potato",
            "tomato",
            "mango",
            "superhero",
            "mosquito",
        ):
            last += "es"
        elif re.search(r"[^aeiou]y$", last):
            last = f"{last[:-1]}ies"
        else:
            last += "s"
    return " ".join([*front, last])


def joined(parts: Sequence[str]) -> str:
    """List parts with commas and an "and"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def tidy(text: str) -> str:
    """Close the gaps that empty slots left."""
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\s+([.,?!])", r"\1", text)


def sentence(text: str) -> str:
    """Start with a capital letter."""
    text = tidy(text)
    return text[:1].upper() + text[1:]
