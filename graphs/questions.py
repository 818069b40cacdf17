"""What a turn asks the user before it goes on, and what the answers change."""

import re
from collections.abc import Sequence
from typing import Any

from graphs.data import data
from graphs.mentions import find_mentions
from graphs.ports import Known, TurnPorts
from graphs.state import TurnState

__all__ = ["Question", "is_yes", "question", "take_answer"]

# {"kind", "question", "options"}, as it is handed to whoever talks to the user
Question = dict[str, Any]


def question(kind: str, saying: str, options: list[str] | None = None, **slots: str) -> Question:
    """Word a question; ``kind`` says what the answer is for."""
    text: str = data("sayings")[saying]
    return {"kind": kind, "question": text.format_map(slots), "options": options or [], **slots}


def is_yes(answer: object) -> bool:
    """Tell consent from everything else."""
    said = str(answer).casefold().replace("’", "'")
    # a question back is none, nor what says more than its words
    plain = re.sub(r"[\s.,;!]+", " ", said).strip()
    return answer is True or plain in data("words")["yes"]


def take_answer(state: TurnState, ports: TurnPorts) -> TurnState:
    """Turn the last answer into what the state lacked; a useless answer changes nothing."""
    asked = state["asked"][-1]
    kind, answer = asked["kind"], str(asked["answer"]).strip()
    if kind == "image":
        return {"attachment": answer}
    if kind == "text":
        return {"text": answer}
    if kind == "fact":
        return {"text": f"{state['text'].rstrip(' .')} {answer}"}
    return _chosen(state, answer, ports.concepts.list(), asked)


def _chosen(state: TurnState, answer: str, known: Sequence[Known], asked: Question) -> TurnState:
    found = find_mentions(answer, known).concepts
    if not found:
        return {}
    if asked["kind"] == "unknown":
        pattern = rf"<{re.escape(asked['name'])}>|@{re.escape(asked['name'])}\b"
        return {"text": re.sub(pattern, lambda _: f"<{found[0].name}>", state["text"])}
    ids = [concept.id for concept in found]
    return {"chosen": ids} if asked["kind"] == "whose" else {"last_concepts": ids}
