"""A subject's own name in what is told of it: "Maeve's home" becomes "its home".

Folders are called after what they show, so that their names stand in no item; and a fact that
names its subject is understood like any other.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from bench.data.kinds import kind_of

__all__ = ["by_pronoun", "of_it"]

# after these "Maeve's" is "Maeve is", or has
_IS = re.compile(r"(?:an?|the|not|got|been|in|on|at|from|by)\b", re.IGNORECASE)
_NO_NAME_AFTER = r"(?<!\ba )(?<!\ban )(?<!\bthe )"


def of_it(given: Any, name: str, class_word: str) -> Any:
    """Return a record, or what stands in one, with "it" for its subject's name in all texts."""
    if isinstance(given, str):
        return by_pronoun(given, name, class_word)
    if isinstance(given, Mapping):
        return {key: of_it(value, name, class_word) for key, value in given.items()}
    return [of_it(one, name, class_word) for one in given] if isinstance(given, list) else given


def by_pronoun(text: str, name: str, class_word: str) -> str:
    """Say a fact of "it" where it names its subject."""
    own = _pattern(name)
    if not own:
        return text
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    # "dog food is dear" is not about a dog's name, though its folder is called so
    common = len(name) == 1 or set(_words(name)) <= set(_words(class_word))
    said = _begun(plain, own, common=common)
    said = said if common else _inside(said, own)
    return text if said == plain else said


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _pattern(name: str) -> str:
    """Match a name with its possessive, whatever stands between its words."""
    parts = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name))
    return rf"[<@]?{'[-_ ]?'.join(map(re.escape, parts))}>?(['’]s?)?" if parts else ""


def _begun(text: str, own: str, *, common: bool) -> str:
    """Begin with a pronoun what begins with the name."""
    found = re.match(rf"(?:(?:the|my|our) )?{own} (?=\S)", text, re.IGNORECASE)
    if found is None:
        return text
    rest = text[found.end() :]
    if found[1]:
        return ("it's " if _IS.match(rest) else "its ") + rest
    known = not common or kind_of(f"it {rest}", "x")[0] != "general"
    return f"it {rest}" if known else text


def _inside(text: str, own: str) -> str:
    """Put pronouns in place of the name where it is written as one."""

    def said(match: re.Match[str]) -> str:
        first = match[0][0]
        if not (first.isupper() or first in "<@"):
            return match[0]
        return "its" if match[1] else "it"

    return re.sub(rf"{_NO_NAME_AFTER}(?<![\w<@]){own}(?!\w)", said, text, flags=re.IGNORECASE)
