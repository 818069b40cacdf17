"""A turn as a graph: resolve → route → a branch → persist. Wiring only."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs import branches
from graphs import turn_nodes as steps
from graphs.binding import asking, bound
from graphs.ports import TurnPorts
from graphs.replay import replay_graph
from graphs.state import TurnState

__all__ = ["turn_graph"]

_ASK = ["ask", "give_up"]
_BRANCHES = ["understand", "recognise", "replay", "propose"]


def turn_graph(
    saver: "BaseCheckpointSaver[Any] | None" = None,
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Return the compiled graph; questions to the user need a saver."""
    graph = StateGraph(TurnState, context_schema=TurnPorts)
    for name in ("resolve", "route", "hear", "give_up", "understand", "recognise"):
        graph.add_node(name, bound(getattr(steps, name)))
    for name in ("draw", "edit", "propose", "correct", "keep", "persist"):
        graph.add_node(name, bound(getattr(steps, name)))
    graph.add_node("ask", asking(steps.ask))
    graph.add_node("consent", asking(steps.consent))
    graph.add_node("replay", replay_graph())
    graph.add_edge(START, "resolve")
    graph.add_conditional_edges("resolve", branches.after_resolve, ["route", *_ASK])
    graph.add_conditional_edges("route", branches.after_route, [*_BRANCHES, *_ASK])
    graph.add_conditional_edges("ask", branches.after_ask, ["hear", "give_up"])
    graph.add_edge("hear", "resolve")
    graph.add_conditional_edges("replay", branches.after_replay, ["draw", "edit"])
    graph.add_conditional_edges("propose", branches.after_propose, ["consent", *_ASK])
    graph.add_edge("consent", "correct")
    graph.add_conditional_edges("correct", branches.after_correct, ["hear", "keep"])
    for name in ("understand", "recognise", "draw", "edit", "keep", "give_up"):
        graph.add_edge(name, "persist")
    graph.add_edge("persist", END)
    return graph.compile(checkpointer=saver)
