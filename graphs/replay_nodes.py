"""The steps of knowledge replay: state in, update out. None of them knows LangGraph."""

from typing import Literal

from graphs.clause import Clause, clause
from graphs.composition import compose
from graphs.intent import NONE, parse_intent
from graphs.needs import find_need
from graphs.ports import Known, ReplayPorts
from graphs.recall import recall
from graphs.state import ReplayState

__all__ = ["after_compose", "after_parse", "after_recall", "begin", "compose_prompt", "parse"]
__all__ += ["recall_memory"]

# facts put into one request about one concept
_MOST_FACTS = 3


def begin(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Start with the request as it is and all its concepts to be looked at."""
    return {
        "prompt": state["request"],
        "todo": list(state.get("names", [])),
        "question": "",
        "answer": "",
        "questions": [],
        "answers": [],
        "stages": list(state.get("stages", [])),
    }


def parse(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Find the question behind what the request says about the present concept."""
    part, name = _part(state), state["todo"][0]
    stage = parse_intent(ports.writer, part.text, name, ports.replay.exemplars)
    # what was asked before has been dealt with
    new = stage.result != NONE and stage.result not in state["questions"]
    update: ReplayState = {
        "question": stage.result if new else NONE,
        "answer": "",
        "stages": [*state["stages"], stage.plain()],
    }
    return update if new else {**update, "todo": state["todo"][1:]}


def recall_memory(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Answer the question from the stored facts, the concept's rows, or both."""
    stages = recall(state["question"], _concept(state, ports), ports)
    answer = stages[-1].result if stages else ""
    update: ReplayState = {
        "answer": answer,
        "questions": [*state["questions"], state["question"]],
        "answers": [*state["answers"], answer],
        "stages": [*state["stages"], *(stage.plain() for stage in stages)],
    }
    return update if answer else {**update, "todo": state["todo"][1:]}


def compose_prompt(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Put the answer into the request; then go on with what the request still leaves open."""
    part, name = _part(state), state["todo"][0]
    stage = compose(ports.writer, part, state["answer"], name, ports.replay.exemplars)
    prompt = part.put_back(state["prompt"], stage.result)
    done = not _open(prompt, name, state) or stage.result.startswith(part.text)
    return {
        "prompt": prompt,
        "todo": state["todo"][1:] if done else state["todo"],
        "stages": [*state["stages"], stage.plain()],
    }


def after_parse(state: ReplayState) -> Literal["recall", "parse", "done"]:
    """Look a question up; with none go to the next concept."""
    if state["question"] != NONE:
        return "recall"
    return "parse" if state["todo"] else "done"


def after_recall(state: ReplayState) -> Literal["compose", "parse", "done"]:
    """Compose with an answer; with none leave the request as it is."""
    if state["answer"]:
        return "compose"
    return "parse" if state["todo"] else "done"


def after_compose(state: ReplayState) -> Literal["parse", "done"]:
    """Go on while a concept is left."""
    return "parse" if state["todo"] else "done"


def _part(state: ReplayState) -> Clause:
    return clause(state["prompt"], state["todo"][0], state["names"])


def _open(prompt: str, name: str, state: ReplayState) -> bool:
    """Tell whether a composed request leaves another fact about the concept open."""
    asked = [question for question in state["questions"] if f"<{name}>" in question]
    part = clause(prompt, name, state["names"])
    return len(asked) < _MOST_FACTS and find_need(part.text, name) is not None


def _concept(state: ReplayState, ports: ReplayPorts) -> Known:
    name = state["todo"][0]
    return Known(state["concepts"][state["names"].index(name)], name)
