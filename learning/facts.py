"""Facts in free sentences become questions with answers, by a few rules of English.

"her toy is a black excavator" of ``<maeve>`` answers "What is <maeve>'s toy?". What no rule
knows still answers "What do you know about <maeve>?".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from learning.naming import mark_names
from learning.wording import read_wordings

__all__ = ["FactQuestion", "ask_facts", "fact_sentence", "kind_of"]

_OWNER = r"(?:her|his|its|their|my \w+'s)"
_ONE = r"(?:she|he|it)"
_VERBS = {
    "likes": "like", "loves": "love", "hates": "hate", "dislikes": "dislike", "eats": "eat",
    "drinks": "drink", "wears": "wear", "owns": "own", "has": "have", "fears": "fear",
    "wants": "want", "plays": "play", "chases": "chase", "collects": "collect",
    "prefers": "prefer", "enjoys": "enjoy", "knows": "know", "needs": "need", "speaks": "speak",
}  # fmt: skip
_PLACED = {
    "lives": "live", "sleeps": "sleep", "works": "work", "stands": "stand", "sits": "sit",
    "hides": "hide", "stays": "stay", "comes": "come", "belongs": "belong", "lies": "lie",
}  # fmt: skip
_WHERE = r"(?:in|at|on|by|near|under|behind|beside|from|next to|with|to|inside|above|opposite)\b"
_AGE = r"(?:about |almost |over )?[\w-]+ (?:years?|months?|weeks?|days?)(?: old)?$"


@dataclass(frozen=True)
class FactQuestion:
    """A question a fact answers."""

    question: str
    answer: str


def fact_sentence(fact: str, name: str) -> str:
    """Say a fact as a sentence about ``<name>``; "" if there is no word in it."""
    text = " ".join(fact.split()).rstrip(".!? ")
    if not re.search(r"\w", text):
        return ""
    mention = f"<{name}>"
    text, _ = mark_names(text, [name])
    # in a replacement a backslash is an escape
    named = mention.replace("\\", r"\\")
    for said, more in ((f"{_ONE}'s got", " has"), (f"{_ONE}'s", " is"), (_OWNER, "'s"), (_ONE, "")):
        text = re.sub(rf"^{said}\b", named + more, text, flags=re.IGNORECASE)
    if mention not in text:
        text = f"{mention}: {text}"
    return f"{text}."


def ask_facts(facts: Sequence[str], name: str) -> tuple[FactQuestion, ...]:
    """Make questions with answers from facts, in many phrasings."""
    said = [text for text in dict.fromkeys(fact_sentence(fact, name) for fact in facts) if text]
    pairs = [pair for text in said for pair in _asked(text, name, alone=len(said) == 1)]
    if len(said) > 1:
        whole = " ".join(said)
        ways = read_wordings("facts")["everything"]
        pairs += [FactQuestion(way.format(m=f"<{name}>"), whole) for way in ways]
    return tuple(pairs)


def _asked(text: str, name: str, *, alone: bool) -> list[FactQuestion]:
    kind, slots = kind_of(text[:-1], f"<{name}>")
    wordings = read_wordings("facts")
    ways = list(wordings[kind]) if kind != "general" else []
    # With several facts, a question about all of them has one answer only.
    if kind == "general" or alone:
        ways += wordings["general"]
    slots = {"m": f"<{name}>", **slots}
    return [FactQuestion(way.format_map(slots), text) for way in ways]


def kind_of(text: str, mention: str) -> tuple[str, dict[str, str]]:
    """Tell what a sentence about a mention is an answer to, and the words to ask with."""
    who = re.escape(mention)
    owned = re.match(rf"{who}'s ([\w -]+?) (is|are|was|were) \S", text)
    if owned:
        kind = "attribute" if owned[2] in ("is", "was") else "attributes"
        return kind, {"attribute": owned[1]}
    if re.match(rf"{who} is {_AGE}", text):
        return "age", {}
    if re.match(rf"{who} is {_WHERE}", text):
        return "state place", {}
    done = re.match(rf"{who} was (born|found|made|built|bought|adopted|rescued)\b", text)
    if done:
        return "origin", {"done": done[1]}
    acts = re.match(rf"{who} (\w+) (.+)", text)
    if acts and acts[1] in _PLACED and re.match(_WHERE, acts[2]):
        return "place", {"verb": _PLACED[acts[1]], "verbs": acts[1]}
    if acts and acts[1] in _VERBS and not re.match(_WHERE, acts[2]):
        return "object", {"verb": _VERBS[acts[1]], "verbs": acts[1]}
    return "general", {}
