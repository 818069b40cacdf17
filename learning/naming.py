"""Names in a text: every mention of a concept becomes ``<name>``, the way the model reads it.

Case does not matter, the longest name wins, and a name inside a longer word is none. A name that
is a common word counts only where it is written as a name: "Will" and "Snow" with a capital, the
former not at the head of a request; "rose" in small letters, too, but for "a rose".
"""

import re
import unicodedata
from collections.abc import Sequence

from learning.wording import read_wordings

__all__ = ["mark_names"]

# Han, Hiragana, Thai, Lao, Burmese, Khmer: scripts in which no space ends a word
_UNSPACED = (
    "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3041-\u309f"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
# a run of it is a word among them
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# where scripts change, or need no space, a name begins and ends beside other letters
_BETWEEN = (
    rf"(?<=[{_UNSPACED}])|(?=[{_UNSPACED}])"
    rf"|(?<=[{_KATAKANA}])(?![{_KATAKANA}])|(?<![{_KATAKANA}])(?=[{_KATAKANA}])"
)
_SCRIPTS = re.compile(f"[{_UNSPACED}{_KATAKANA}]")
_JOINERS = "\u200c\u200d"
_OWNS = re.compile(r"['’]s\b")
_OPENS = re.compile(r"(?:^|[.!?…\n])[^\w<>]*$")
_ALONE = re.compile(r"\W*(?:please\W*)?", re.IGNORECASE)


def mark_names(
    text: str, names: Sequence[str], *, opening: bool = True
) -> tuple[str, tuple[str, ...]]:
    """Write mentions as ``<name>``, and return the names in the order they were found.

    ``opening`` lets a common word be a name at the head of a sentence, too: in a fact about Rose
    "Rose sleeps" is her, in a request "May I" is nobody.
    """
    # the memory keeps names composed, so an "é" typed in two parts has to become one
    text = unicodedata.normalize("NFC", text)
    kept = {name.casefold(): name for name in names if name}
    found: dict[str, None] = {}

    def mark(match: re.Match[str]) -> str:
        name = kept.get((match[1] or match[2] or match[3]).casefold())
        # a regular expression takes more letters for the same than casefold does
        if name is None or not (match[3] is None or _counts(name, match, opening)):
            return match[0]
        found.setdefault(name)
        return f"<{name}>"

    return (_pattern(text, kept).sub(mark, text) if kept else text), tuple(found)


def _pattern(text: str, kept: dict[str, str]) -> re.Pattern[str]:
    """Match ``<name>``, or else ``@name``, or else a name on its own."""
    # folded as well: to a regular expression "ß" and "ss" are not the same
    forms = sorted({*kept, *kept.values()}, key=len, reverse=True)
    names, begins, ends = "|".join(map(re.escape, forms)), r"(?<!\w)", r"(?!\w)"
    if _SCRIPTS.search(text):
        # without case, which would be looked up for every sign of these scripts
        begins, ends = rf"(?-i:{begins}|{_BETWEEN})", rf"(?-i:{ends}|{_BETWEEN})"
    marks = _marks(text)
    # where no space is needed, a mark before a name is of another word
    at, sole = (rf"(?<![{sign}{_SCRIPTS.sub('', marks)}]){begins}" for sign in ("<", "<@"))
    end = rf"(?![>{marks}]){ends}"
    return re.compile(rf"<({names})>|{at}@({names}){end}|{sole}({names}){end}", re.IGNORECASE)


def _marks(text: str) -> str:
    """Return what belongs to the sign before it, such as the vowel signs of Devanagari.

    To a regular expression they end a word. What chooses the look of an emoji is left out.
    """
    marks = {sign for sign in text if unicodedata.category(sign)[0] == "M"}
    return "".join(sorted(sign for sign in marks if not "\ufe00" <= sign <= "\ufe0f")) + _JOINERS


def _counts(name: str, match: re.Match[str], opening: bool) -> bool:
    """Tell whether a name is meant where it may be a common word, or a part of one."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if len(name) == 1 and (re.match(r"\w", after) or re.search(r"\w$", before)):
        # a single sign is part of too many words
        return False
    kind = _kind(name)
    capital = match[0] in (name, name[:1].upper() + name[1:]) and match[0][:1].isupper()
    if not kind or (_ALONE.fullmatch(before) and _ALONE.fullmatch(after)):
        return True
    if kind == "noun":
        return capital or not _determined(before)
    if kind == "capital" or not capital:
        return capital or (match[0] == name and _OWNS.match(after) is not None)
    return opening or _OPENS.search(before) is None or _OWNS.match(after) is not None


def _kind(name: str) -> str:
    """Tell what kind of common word a name is, "" for none."""
    lists = read_wordings("names")
    kinds = ("little", "capital", "noun")
    return next((kind for kind in kinds if name.casefold() in lists[kind]), "")


def _determined(before: str) -> bool:
    """Tell whether a noun after this has an article or the like: "a rose"."""
    said = re.findall(r"\w+", before)[-1:]
    return bool(said) and said[0].casefold() in read_wordings("names")["before_nouns"]
