"""Knowledge replay as a graph: parse → recall → compose, concept by concept. Wiring only."""

from functools import cache
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs import replay_nodes as steps
from graphs.binding import bound
from graphs.ports import ReplayPorts
from graphs.state import ReplayState

__all__ = ["replay_graph"]


@cache
def replay_graph() -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Return the compiled graph; it keeps nothing between runs."""
    graph = StateGraph(ReplayState, context_schema=ReplayPorts)
    graph.add_node("begin", bound(steps.begin))
    graph.add_node("parse", bound(steps.parse))
    graph.add_node("recall", bound(steps.recall_memory))
    graph.add_node("compose", bound(steps.compose_prompt))
    graph.add_edge(START, "begin")
    ways = {"parse": "parse", "recall": "recall", "compose": "compose", "done": END}
    graph.add_conditional_edges("begin", steps.after_compose, _some(ways, "parse", "done"))
    graph.add_conditional_edges("parse", steps.after_parse, _some(ways, "recall", "parse", "done"))
    graph.add_conditional_edges(
        "recall", steps.after_recall, _some(ways, "compose", "parse", "done")
    )
    graph.add_conditional_edges("compose", steps.after_compose, _some(ways, "parse", "done"))
    return graph.compile()


def _some(ways: dict[str, str], *names: str) -> dict[Any, str]:
    return {name: ways[name] for name in names}
