"""Whom a pronoun means, and whether it owns what follows it.

"her" is hard: it owns a toy ("draw her toy"), and is drawn herself ("draw her asleep").
"""

import re

from graphs.data import data

__all__ = ["PLURAL", "PRONOUN", "another_before", "has_own", "owns", "put_for", "short_forms"]

PRONOUN = re.compile(r"\b(she|he|him|her|his|hers|them|they|theirs?|its?)\b", re.IGNORECASE)
PLURAL = ("them", "they", "their", "theirs")
_ACTS = ("she", "he", "they")
_ALWAYS = {
    **dict.fromkeys(("she", "he", "him", "them", "they", "it"), False),
    **dict.fromkeys(("his", "hers", "their", "theirs", "its"), True),
}
# of animals people say "it": "a bird on her shoulder" is on somebody else's
_GROUPS = {
    **dict.fromkeys(("he", "his"), ("he", "person")),
    **dict.fromkeys(("she", "her"), ("she", "person")),
    **dict.fromkeys(("it", "its"), ("animal",)),
}
# what a request may do with somebody: "move her left"
_ACTED = re.compile(
    r"\b(?:draw|sketch|imagine|picture|show|show (?:me|us)|see|have|leave|remove|erase|delete"
    r"|move|shift|put|take|place|bring|send|replace|swap) $",
    re.IGNORECASE,
)
# what makes somebody other than she is: "paint her blue"
_MADE = re.compile(
    r"\b(?:make|let|paint|colou?r|recolou?r|dye|tint|turn|keep|want) $", re.IGNORECASE
)
# after a predicate, where it is no word of a noun: "make her red", not "make her red ball"
_ENDS = re.compile(r"\W*(?:$|(?:please|thanks|instead|now|too|again|and|but|all|for me)\b)")
# "Draw Santa with" his sleigh, but not "in Paris with" her toy
_NAMED_OWNER = re.compile(r"(?<!\bin|\bat|\bon) (?!I\b)[A-Z]\w+ (?:with|and|in|on|at) $")
_SHORT = re.compile(r"^['’](s|re|ll|ve|d)\b(?=( (?:got|been|had|gone)\b)?)", re.IGNORECASE)
_LONG = {"re": "are", "ll": "will", "ve": "have", "d": "would"}


def short_forms(rest: str) -> str:
    """Write out what follows a pronoun shortened: "'s scared" is " is scared"."""

    def written(found: re.Match[str]) -> str:
        short = found[1].casefold()
        return " " + (_LONG[short] if short in _LONG else "has" if found[2] else "is")

    return _SHORT.sub(written, rest)


def put_for(found: re.Match[str], said: str) -> str:
    """Put names in the place of a pronoun that was found in a text."""
    before, rest = found.string[: found.start()], found.string[found.end() :]
    owner = "'s" if owns(found[1].casefold(), rest, before) else ""
    return before + said + owner + (rest if owner else short_forms(rest))


def owns(word: str, rest: str, before: str = "") -> bool:
    """Tell "her toy" from "draw her on the beach" and from "make her blue"."""
    if word != "her":
        return _ALWAYS[word]
    following = re.match(r"\s+([\w'’-]+)", rest)
    if following is None:
        return False
    noun = following[1].casefold()
    more, made = rest[following.end() :].casefold(), _MADE.search(before) is not None
    if (made and _changes(noun, more)) or ((made or _ACTED.search(before)) and _tells(noun, more)):
        return False
    return noun not in data("words")["stop"] and not (noun.endswith("ing") and len(noun) > 5)


def _tells(word: str, more: str) -> bool:
    """Tell whether a word after "draw her" says how, where or what she does, and owns nothing."""
    words = data("words")
    return word in (*words["manners"], *words["deeds"]) or (word in words["sides"] and _ends(more))


def _changes(word: str, more: str) -> bool:
    """Tell whether what follows "make her" is what she becomes: "dark blue", "bigger"."""
    words = data("words")
    shaded = re.match(r"\s+(\w+)", more) if word in words["shades"] else None
    if shaded is not None and shaded[1] in words["predicates"]:
        word, more = shaded[1], more[shaded.end() :]
    return word in words["predicates"] and _ends(more)


def _ends(more: str) -> bool:
    return _ENDS.match(more) is not None


def has_own(found: re.Match[str]) -> bool:
    """Tell whether a pronoun means somebody in its own sentence: "a boy with his ball".

    In doubt it does not: "a boy with him", "a bird on her shoulder", "which dogs do they know".
    """
    word = found[1].casefold()
    before = re.split(r"[.!?\n]", found.string[: found.start()])[-1]
    if not _may_have_own(word, before, found.string[found.end() :]):
        return False
    if word in ("his", "her", "its") and _NAMED_OWNER.search(before):
        return True
    one, many = _beings(word)
    # between "which dogs do" and "they" stands a verb alone; "my mum says that she" is of another
    told = "|".join(data("words")["tellings"])
    asked = rf"(?!\s+(?:{'|'.join(data('words')['auxiliaries'])})\s*$|.*\b(?:{told})\b)"
    alone = re.findall(rf"{one}{asked}", before, re.IGNORECASE)
    if word not in PLURAL:
        return bool(alone)
    return len(alone) > 1 or re.search(rf"{many}{asked}", before, re.IGNORECASE) is not None


def another_before(before: str) -> bool:
    """Tell whether a sentence has spoken of somebody else before a pronoun: "the king", "Elsa"."""
    said = re.split(r"[.!?\n]", before)[-1]
    nouns = "|".join(noun for nouns in data("words")["beings"].values() for noun in nouns)
    named = re.search(r"(?<=[\w,>] )(?!I\b)[A-Z]\w+", said) is not None
    return named or re.search(rf"\b(?:{nouns})\b", said, re.IGNORECASE) is not None


def _may_have_own(word: str, before: str, rest: str) -> bool:
    """Tell pronouns that stand for who acts or owns from those that something is done to."""
    if re.search(r"\bthere\b", before, re.IGNORECASE):
        return False
    if word == "it":
        clauses = "|".join(data("words")["clauses"])
        return re.search(rf"\b(?:{clauses})\s+$", before, re.IGNORECASE) is not None
    return word in _ACTS or word in ("his", "its", "their") or (word == "her" and owns(word, rest))


def _beings(word: str) -> tuple[str, str]:
    """Match one being that a pronoun can mean ("a small boy"), and several ("boys")."""
    beings, stop = data("words")["beings"], "|".join(data("words")["stop"])
    groups = beings if word in PLURAL else _GROUPS[word]
    nouns = [noun for group in groups for noun in beings[group]]
    several = [*data("words")["many"], *(rf"{noun}(?:e?s)" for noun in nouns)]
    one = rf"\b(?:an?|another|any|every|each|some|my|our)\s+(?:(?!(?:{stop})\b)[\w-]+\s+){{0,2}}"
    return rf"{one}(?:{'|'.join(nouns)})\b(?!['’])", rf"\b(?:{'|'.join(several)})\b(?!['’])"
