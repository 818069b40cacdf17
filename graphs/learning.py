"""Learning a concept as a graph that resumes where it stopped. Wiring only."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs import learning_nodes as steps
from graphs.binding import bound
from graphs.state import LearningState

__all__ = ["LEARNING_STEPS", "learning_graph"]

LEARNING_STEPS = ("ingest", "describe", "build", "train", "grade", "commit")


def learning_graph(
    saver: "BaseCheckpointSaver[Any] | None" = None,
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Return the compiled graph; its context is a `Workshop`, and resuming needs a saver."""
    graph = StateGraph(LearningState)
    for name in LEARNING_STEPS:
        graph.add_node(name, bound(getattr(steps, name)))
    path = (START, *LEARNING_STEPS, END)
    for before, after in zip(path, path[1:], strict=False):
        graph.add_edge(before, after)
    return graph.compile(checkpointer=saver)
