"""Names that are not spelled as they are known: "maeves toy", "Meave"."""

import re
from collections.abc import Collection, Sequence

from graphs.data import data
from graphs.ports import Known
from learning.wording import read_wordings

__all__ = ["misspelled", "with_apostrophes"]

# letters from which on a slip still shows which name is meant, and an "s" whose something is
_LEAST, _SHORT = 4, 3
# what stands before a noun
_COUNTED = frozenset(
    "a an the this that these those my your our his her their its some any many few all no two"
    " three four five six several more which what".split()
)


def with_apostrophes(text: str, known: Sequence[Known]) -> str:
    """Write "maeves toy" as "maeve's toy", where no plural and no other name is meant."""
    common = {word for words in read_wordings("names").values() for word in words}
    kept = {one.name.casefold() for one in known}
    names = [name for name in kept if len(name) >= _SHORT and name.isalpha() and name not in common]
    text = _with_last_s(text, kept)
    if not names:
        return text

    def written(found: re.Match[str]) -> str:
        other = f"{found[1]}s".casefold() in kept
        return found[0] if other or not _may_be_owned(found) else f"{found[1]}'s"

    alone = rf"(?<![\w<@])({'|'.join(map(re.escape, names))})s(?= [^\W\d_])"
    return re.sub(alone, written, text, flags=re.IGNORECASE)


def _with_last_s(text: str, names: Collection[str]) -> str:
    """Write "James' toy" as "James's toy"."""
    ending = "|".join(re.escape(name) for name in names if name.endswith("s")) or "(?!)"
    return re.sub(rf"(?<![\w<@])({ending})['’](?= [^\W\d_])", r"\1's", text, flags=re.IGNORECASE)


def _may_be_owned(found: re.Match[str]) -> bool:
    """Tell whether a noun follows, and no number stands before: "two pandas", "cookies in"."""
    before = re.search(r"(\w+) $", found.string[: found.start()])
    following = re.match(r" (\w+)", found.string[found.end() :])
    lists, word = data("words"), following[1].casefold() if following else ""
    verbs = (*lists["stop"], *lists["manners"], *lists["deeds"], *lists["verbs"])
    counted = before is not None and before[1].casefold() in _COUNTED
    return not counted and word not in verbs and not word.endswith("ing")


def misspelled(text: str, known: Sequence[Known]) -> str:
    """Return the first word that is a name but for one slip, "" if there is none.

    In small letters it has to have all of its letters, and to be no noun with an article: "a
    brain" is not Brian. Capitals beside it are another's name.
    """
    names = [one.name.casefold() for one in known if len(one.name) >= _LEAST]
    places = list(re.finditer(r"[^\W\d_]+", text))
    for number, found in enumerate(places):
        before = places[number - 1][0] if number else ""
        after = places[number + 1][0] if number + 1 < len(places) else ""
        if before.casefold() in _COUNTED or after[:1].isupper():
            continue
        word, capital = found[0].casefold(), number > 0 and found[0][0].isupper()
        if capital and number > 1 and before[0].isupper():
            continue
        if any(_is_slip(word, name, capital=capital) for name in names):
            return found[0]
    return ""


def _is_slip(word: str, name: str, *, capital: bool) -> bool:
    if word == name or word[-1:] != name[-1:]:
        # "Milan" is not Mila, "tiger" not Tigger's plural
        return False
    return (capital or sorted(word) == sorted(name)) and _one_slip(word, name)


def _one_slip(word: str, name: str) -> bool:
    """Tell whether one letter more, less, other or in the next one's place makes the name."""
    short, long = sorted((word, name), key=len)
    if len(long) - len(short) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), None)
    if same is None:
        return True
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    swapped = short[:same] + short[same : same + 2][::-1] + short[same + 2 :]
    return long in (swapped, short[:same] + long[same] + short[same + 1 :])
