"""Where a turn goes after a step. None of these knows LangGraph."""

from graphs.questions import is_left
from graphs.state import TurnState

__all__ = [
    "after_ask",
    "after_correct",
    "after_propose",
    "after_replay",
    "after_resolve",
    "after_route",
]

# questions back to the user before a turn gives up
_MOST_QUESTIONS = 2
# where each route leads; "clarify" always asks
_BRANCHES = {
    "understand": "understand",
    "recognise": "recognise",
    "generate": "replay",
    "edit": "replay",
    "remember": "propose",
    "clarify": "ask",
}


def after_ask(state: TurnState) -> str:
    """Leave it where the answer says so."""
    return "give_up" if is_left(state) else "hear"


def after_resolve(state: TurnState) -> str:
    """Ask where the concept is unclear."""
    return _or_ask(state, "route")


def after_route(state: TurnState) -> str:
    """Go where the route says."""
    return _or_ask(state, _BRANCHES[state["route"]])


def after_replay(state: TurnState) -> str:
    """Draw or edit with the composed prompt."""
    return "edit" if state["route"] == "edit" else "draw"


def after_propose(state: TurnState) -> str:
    """Ask for consent once there is a fact about somebody."""
    return _or_ask(state, "consent")


def after_correct(state: TurnState) -> str:
    """Start again with what was told in place of yes or no."""
    return "hear" if state["correction"] else "keep"


def _or_ask(state: TurnState, otherwise: str) -> str:
    if not state.get("asking"):
        return otherwise
    asked = [one for one in state.get("asked", []) if one["kind"] != "consent"]
    return "ask" if len(asked) < _MOST_QUESTIONS else "give_up"
