"""What a turn asks the user before it goes on, and what the answers change."""

import re
from collections.abc import Sequence
from typing import Any

from graphs.data import data
from graphs.mentions import find_mentions
from graphs.ports import Known, TurnPorts
from graphs.pronouns import PRONOUN, put_for
from graphs.state import TurnState

__all__ = ["Question", "is_left", "is_no", "is_nobody", "is_yes", "question", "take_answer"]

# {"kind", "question", "options"}, as it is handed to whoever talks to the user
Question = dict[str, Any]

# characters
_LONGEST_YES = 60
# "remember Maeve's birthday", and "it is on May 3"
_OWNED = re.compile(
    r"((?:\S+['’]s|\b(?:her|his|its|their)) (?:favou?rite )?\w+)[\s.!]*$", re.IGNORECASE
)
_IS = re.compile(r"^(?:(?:it|that|they)(?: (?:is|are)\b|['’]s\b)|is\b|are\b)\s*", re.IGNORECASE)


def question(kind: str, saying: str, options: list[str] | None = None, **slots: str) -> Question:
    """Word a question; ``kind`` says what the answer is for."""
    text: str = data("sayings")[saying]
    return {"kind": kind, "question": text.format_map(slots), "options": options or [], **slots}


def is_yes(answer: object) -> bool:
    """Tell consent from everything else."""
    # a question back is none, nor what says more than its words
    words = data("words")
    yes, more = (f"(?:{'|'.join(words[name])})" for name in ("yes", "beside_yes"))
    said = rf"(?:{more} )*{yes}(?: (?:{yes}|{more}))*"
    # what is longer says more, and could be read in too many ways
    short = _plain(answer)[:_LONGEST_YES]
    return answer is True or (short == _plain(answer) and re.fullmatch(said, short) is not None)


def is_no(answer: object) -> bool:
    """Tell that somebody does not want to go on: "never mind"."""
    return answer is False or _plain(answer) in data("words")["no"]


def is_nobody(answer: object) -> bool:
    """Tell that a word is nobody's name, which leaves the rest as it was."""
    return answer is False or _plain(answer) in data("words")["nobody"]


def is_left(state: TurnState) -> bool:
    """Tell that the last answer wants nothing more."""
    asked = state.get("asked", [])
    # "no" to a word that is nearly a name says that it is none
    meant = bool(asked) and asked[-1]["kind"] == "slip" and is_nobody(asked[-1]["answer"])
    return bool(asked) and not meant and is_no(asked[-1]["answer"])


def _plain(answer: object) -> str:
    return re.sub(r"[\s.,;!]+", " ", str(answer).casefold().replace("’", "'")).strip()


def take_answer(state: TurnState, ports: TurnPorts) -> TurnState:
    """Turn the last answer into what the state lacked; a useless answer changes nothing."""
    asked = state["asked"][-1]
    kind, answer = asked["kind"], str(asked["answer"]).strip()
    if kind == "image":
        return {"attachment": answer}
    if kind == "text":
        return {"text": answer}
    if kind == "consent":
        ids, told = state["concepts"], f"Remember: {state['correction']}"
        return {"text": told, "chosen": ids, "last_concepts": ids}
    if kind == "fact":
        return _fact(state, answer, ports.concepts.list())
    return _chosen(state, answer, ports.concepts.list(), asked)


def _fact(state: TurnState, answer: str, known: Sequence[Known]) -> TurnState:
    """Take a whole sentence for the fact, and the end of one for what the text left out."""
    answer = re.sub(r"^that\s+(?!is\b|was\b)", "", answer, flags=re.IGNORECASE)
    # said of those whom the text named, whomever else "she" could mean
    ids = state["concepts"]
    owned, value = _OWNED.search(state["text"]), _IS.sub("", answer)
    whole = PRONOUN.match(answer) or find_mentions(answer, known).concepts
    if owned and (value != answer or not whole):
        return {"text": f"Remember: {owned[1]} is {value}", "chosen": ids, "last_concepts": ids}
    if not whole:
        return {"text": f"{state['text'].rstrip(' .')} {answer}"}
    return {"text": f"Remember: {answer}", "chosen": ids, "last_concepts": ids}


def _chosen(state: TurnState, answer: str, known: Sequence[Known], asked: Question) -> TurnState:
    found = find_mentions(answer, known).concepts
    if not found and asked["kind"] == "concept" and _plain(answer) in data("words")["both"]:
        found = tuple(one for one in known if one.name in asked["options"])
    if not found:
        # the word was meant as it stands
        return {"as_written": True} if asked["kind"] == "slip" else {}
    if asked["kind"] in ("unknown", "slip"):
        name = re.escape(asked["name"])
        pattern = rf"<{name}>|@{name}\b|(?<![\w@]){name}(?!\w)"
        return {"text": re.sub(pattern, lambda _: f"<{found[0].name}>", state["text"])}
    pronoun = PRONOUN.search(state["text"])
    if asked["kind"] == "concept" and len(found) > 1 and pronoun:
        return {"text": put_for(pronoun, " and ".join(f"<{one.name}>" for one in found))}
    ids = [concept.id for concept in found]
    return {"chosen": ids} if asked["kind"] == "whose" else {"last_concepts": ids}
