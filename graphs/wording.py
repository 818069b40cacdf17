"""Words of a text: which matter, which are alike, and who a fact is about.

Texts mention concepts as ``<name>``; such a mention counts as one word.
"""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.pronouns import short_forms
from learning.naming import mark_names

__all__ = [
    "about",
    "bare",
    "content",
    "first_line",
    "gist",
    "is_unknown",
    "may_be_unknown",
    "mark",
    "one_sentence",
    "related",
    "sentences",
    "statements",
    "stem",
    "words",
]

_WORD = re.compile(r"<[^<>]+>|[^\W_]+(?:-[^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s\b")
_MEANT = {"she": "she", "her": "she", "he": "he", "his": "he"}
_MEANT |= {"it": "it", "its": "it", "they": "they", "their": "they"}
# "in Cork", "since June"
_PLACED = re.compile(r"\b(?:in|from|at|near|on|since)(?: the)?(?: [A-Z]\w*)+")
_OPENING = re.compile(rf"^({'|'.join(_MEANT)})\b", re.IGNORECASE)


def words(text: str) -> list[str]:
    """Return a text's words in lower case and one spelling."""
    plain = _POSSESSIVE.sub("", text.casefold())
    for other, ours in data("words")["spelling"].items():
        plain = re.sub(rf"\b{other}", ours, plain)
    return _WORD.findall(plain)


def stem(word: str) -> str:
    """Cut the commonest endings off, so that forms of a word meet."""
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content(text: str) -> set[str]:
    """Return the stems of the words that matter; mentions do not."""
    stop = data("words")["stop"]
    return {stem(word) for word in words(text) if word not in stop and word[0] != "<"}


def gist(text: str) -> str:
    """Return the words that matter, in order; all words where none does."""
    plain = [word for word in words(text) if word[0] != "<"]
    stop = data("words")["stop"]
    return " ".join([word for word in plain if word not in stop] or plain)


def bare(text: str) -> set[str]:
    """Return the stems that carry a fact or a need, without filling verbs like "likes"."""
    found = content(text)
    return found - {stem(word) for word in data("words")["filler"]} or found


def related(stems: set[str]) -> set[str]:
    """Add what stands for the same thing: "home" is where one lives."""
    kin = data("words")["kin"]
    close = {stem(k): {stem(word) for word in near} for k, near in kin.items()}
    return stems.union(*(close.get(one, set()) for one in stems))


def is_unknown(text: str) -> bool:
    """Tell whether a text says that nothing is known."""
    return _folded(text).startswith(tuple(data("words")["unknown"]))


def may_be_unknown(begun: str) -> bool:
    """Tell whether a text that begins like this may come to say that nothing is known."""
    return any(phrase.startswith(_folded(begun)) for phrase in data("words")["unknown"]) or (
        is_unknown(begun)
    )


def _folded(text: str) -> str:
    return text.casefold().replace("’", "'")


def one_sentence(text: str) -> bool:
    """Tell whether a text is a single sentence on a single line."""
    return "\n" not in text.strip() and not re.search(r"[.!?]\s+\S", text.strip())


def sentences(text: str) -> list[str]:
    """Split a text into its sentences."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def first_line(text: str) -> str:
    """Return the first line that says something, without quotation marks."""
    lines = (line.strip().strip("\"'“”`").strip() for line in text.splitlines())
    return next((line for line in lines if line), "")


def mark(text: str, name: str) -> str:
    """Write every mention of a name as ``<name>``."""
    return mark_names(text, [name])[0]


def about(name: str, fact: str) -> str:
    """Write a fact in the user's words as a sentence that names its concept."""
    text = mark(fact.strip().rstrip("."), name)
    return _ended(text if f"<{name}>" in text else _named(text, name))


def statements(name: str, fact: str, others: Sequence[str] = ()) -> list[str]:
    """Split a fact into sentences that name its concept; ``others`` are names of other concepts.

    A sentence whose "his" may be somebody else's stays with the one before it.
    """
    said: list[str] = []
    whom = ""
    for one in sentences(fact):
        found = _OPENING.match(one)
        meant = _MEANT[found[1].casefold()] if found else ""
        if said and meant and not _goes_on(said[-1], whom, meant, name, others):
            said[-1] = f"{said[-1]} {_ended(mark(one.rstrip('.'), name))}"
        else:
            said.append(about(name, one))
            whom = meant
    return said


def _goes_on(before: str, whom: str, meant: str, name: str, others: Sequence[str]) -> bool:
    """Tell whether a pronoun means the concept, as the only one that was spoken of before."""
    if not before.startswith(f"<{name}>") or mark_names(before, others)[1] or _names_more(before):
        return False
    if whom or meant in ("she", "he"):
        return whom in ("", meant)
    # after "her toy is a ball", or "she has a ball", it is the ball
    return re.match(r"<[^<>]+> (?:is|was|are|were)\b", before) is not None


def _names_more(text: str) -> bool:
    """Tell whether capitals show that somebody else is named."""
    rest = re.findall(r"\w+", _PLACED.sub("", re.sub(r"<[^<>]+>", "", text)))
    return any(w[0].isupper() and w != "I" and w.casefold() not in _MEANT for w in rest)


def _ended(text: str) -> str:
    return text if text[-1:] in ("!", "?") else f"{text}."


def _named(text: str, name: str) -> str:
    found = _OPENING.match(text)
    if found is None:
        return f"<{name}>: {text}"
    owner = found[1].casefold() in ("her", "his", "its", "their")
    rest = text[found.end() :]
    return f"<{name}>'s{rest}" if owner else f"<{name}>{short_forms(rest)}"
