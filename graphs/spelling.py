"""Names that are not spelled as they are known: "maeves toy", "Meave"."""

import re
from collections.abc import Sequence

from graphs.ports import Known
from learning.wording import read_wordings

__all__ = ["misspelled", "with_apostrophes"]

# letters from which on a slip still shows which name is meant
_LEAST, _SURELY = 4, 6


def with_apostrophes(text: str, known: Sequence[Known]) -> str:
    """Write "maeves toy" as "maeve's toy"; of a name that is a common word, it is its plural."""
    common = {word for words in read_wordings("names").values() for word in words}
    names = [one.name for one in known if one.name.casefold() not in common and one.name.isalpha()]
    if not names:
        return text
    alone = rf"(?<![\w<@])({'|'.join(map(re.escape, names))})s(?= [^\W\d_])"
    return re.sub(alone, r"\1's", text, flags=re.IGNORECASE)


def misspelled(text: str, known: Sequence[Known]) -> str:
    """Return the first word that is a name but for one slip, "" if there is none.

    A short one has to be written as a name, or to have all its letters: "cave" is not Dave.
    """
    names = [one.name.casefold() for one in known if len(one.name) >= _LEAST]
    for found in re.finditer(r"[^\W\d_]{3,}", text):
        word = found[0].casefold()
        written = found[0][0].isupper() and re.search(r"[\w,]\s+$", text[: found.start()])
        for name in names:
            close = word != name and _one_slip(word, name)
            if close and (written or len(name) >= _SURELY or sorted(word) == sorted(name)):
                return found[0]
    return ""


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
