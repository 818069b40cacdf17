"""The steps of knowledge replay: state in, update out. None of them knows LangGraph."""

from typing import Literal

from graphs.clause import Clause, clause
from graphs.composition import compose
from graphs.intent import NONE, parse_intent
from graphs.needs import open_needs
from graphs.ports import Known, ReplayPorts
from graphs.recall import recall
from graphs.state import ReplayState
from graphs.wording import content

__all__ = ["after_compose", "after_parse", "after_recall", "begin", "compose_prompt", "parse"]
__all__ += ["recall_memory"]

# facts put into one request about one concept
_MOST_FACTS = 3


def begin(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Start with the request as it is and all its concepts to be looked at."""
    return {
        "prompt": state["request"],
        "todo": [] if ports.replay.source == "none" else list(state.get("names", [])),
        "question": "",
        "answer": "",
        "questions": [],
        "answers": [],
        "stages": list(state.get("stages", [])),
    }


def parse(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Find the question behind what the request says about the present concept."""
    part, name = _part(state), state["todo"][0]
    asked = _asked(name, state["questions"])
    stage = parse_intent(ports.writer, part.text, name, ports.replay.exemplars, asked)
    new = stage.result != NONE
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
    if content(answer) <= content(_part(state).text):
        # the request says it already
        answer = ""
    questions = [*state["questions"], state["question"]]
    update: ReplayState = {
        "answer": answer,
        "questions": questions,
        "answers": [*state["answers"], answer],
        "stages": [*state["stages"], *(stage.plain() for stage in stages)],
    }
    return update if answer else {**update, "todo": _left(state, state["prompt"], questions)}


def compose_prompt(state: ReplayState, ports: ReplayPorts) -> ReplayState:
    """Put the answer into the request; then go on with what the request still leaves open."""
    part, name = _part(state), state["todo"][0]
    question, fact = state["question"], state["answer"]
    stage = compose(ports.writer, part, question, fact, name, ports.replay.exemplars)
    prompt = part.put_back(state["prompt"], stage.result)
    return {
        "prompt": prompt,
        "todo": _left(state, prompt, state["questions"]),
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


def _left(state: ReplayState, prompt: str, questions: list[str]) -> list[str]:
    """Return the concepts still to be looked at: the present one while it leaves needs open."""
    name = state["todo"][0]
    asked, part = _asked(name, questions), clause(prompt, name, state["names"])
    more = len(asked) < _MOST_FACTS and bool(open_needs(part.text, name, asked))
    return state["todo"] if more else state["todo"][1:]


def _asked(name: str, questions: list[str]) -> list[str]:
    return [question for question in questions if f"<{name}>" in question]


def _concept(state: ReplayState, ports: ReplayPorts) -> Known:
    name = state["todo"][0]
    return Known(state["concepts"][state["names"].index(name)], name)
