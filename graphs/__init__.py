"""The graphs: a turn, knowledge replay, and learning a concept, as LangGraph state machines.

Graphs know no SQL, no tensors and no pixels: they are handed ports (`graphs.ports`), and their
state is ids, paths, strings and numbers. Try it: ``python -m graphs.drawing``.
Names are imported when first used, so that ``import graphs`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphs.learning import learning_graph
    from graphs.options import RecognitionOptions, ReplayOptions
    from graphs.ports import Drawn, Known, Near, ReplayPorts, TurnPorts
    from graphs.replay import replay_graph
    from graphs.running import Outcome, answer, drop, go_on, start, waiting
    from graphs.saver import erase, open_saver, threads
    from graphs.state import LearningState, ReplayState, TurnState
    from graphs.turn import turn_graph

_HOMES = {
    "Drawn": "ports",
    "Known": "ports",
    "LearningState": "state",
    "Near": "ports",
    "Outcome": "running",
    "RecognitionOptions": "options",
    "ReplayOptions": "options",
    "ReplayPorts": "ports",
    "ReplayState": "state",
    "TurnPorts": "ports",
    "TurnState": "state",
    "answer": "running",
    "drop": "running",
    "erase": "saver",
    "go_on": "running",
    "learning_graph": "learning",
    "open_saver": "saver",
    "replay_graph": "replay",
    "start": "running",
    "threads": "saver",
    "turn_graph": "turn",
    "waiting": "running",
}

__all__ = [
    "Drawn",
    "Known",
    "LearningState",
    "Near",
    "Outcome",
    "RecognitionOptions",
    "ReplayOptions",
    "ReplayPorts",
    "ReplayState",
    "TurnPorts",
    "TurnState",
    "answer",
    "drop",
    "erase",
    "go_on",
    "learning_graph",
    "open_saver",
    "replay_graph",
    "start",
    "threads",
    "turn_graph",
    "waiting",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'graphs' has no attribute {name!r}")
    return getattr(import_module(f"graphs.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
