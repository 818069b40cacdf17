"""Runs of a graph: start, answer its question, go on after a crash.

A thread is one run. When it has ended its saved steps are deleted: the conversation lives
elsewhere, and what is forgotten there must not stay here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from langsmith import tracing_context

from backbone.enough import enough_memory
from omni_errors import NotFoundError

__all__ = ["Outcome", "answer", "drop", "go_on", "start", "waiting"]

# steps of a run; a loop fails fast
_MOST_STEPS = 200

Graph = CompiledStateGraph[Any, Any, Any, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run came to; ``asking`` is the question it waits on, None when it has ended."""

    state: Mapping[str, Any]
    asking: Mapping[str, Any] | None = None


def start(graph: Graph, state: Mapping[str, Any], ports: Any, thread: str = "run") -> Outcome:
    """Run a graph from its beginning until it ends or asks; an older run of the name is dropped."""
    drop(graph, thread)
    return _run(graph, dict(state), ports, thread)


def answer(graph: Graph, said: Any, ports: Any, thread: str) -> Outcome:
    """Answer the question a run waits on; it may have been started by another process.

    Raises:
        NotFoundError: if no run of that name waits.
    """
    _waiting(graph, thread)
    return _run(graph, Command(resume=said), ports, thread)


def go_on(graph: Graph, ports: Any, thread: str) -> Outcome:
    """Go on with a run that was stopped, from the step it was in.

    Raises:
        NotFoundError: if there is no such run, or it has ended.
    """
    _waiting(graph, thread)
    return _run(graph, None, ports, thread)


def waiting(graph: Graph, thread: str) -> Outcome | None:
    """Return a run that has not ended, with the question it waits on; None if there is none."""
    if graph.checkpointer is None:
        return None
    kept = graph.get_state(_config(thread))
    if not kept.next:
        return None
    return Outcome(kept.values, kept.interrupts[0].value if kept.interrupts else None)


def drop(graph: Graph, thread: str) -> None:
    """Delete what a run has saved, because it was given up or its concept is forgotten."""
    if graph.checkpointer and not isinstance(graph.checkpointer, bool):
        graph.checkpointer.delete_thread(thread)


def _run(graph: Graph, given: Any, ports: Any, thread: str) -> Outcome:
    # Nothing leaves this machine, whatever the shell's LANGSMITH variables say.
    with tracing_context(enabled=False), enough_memory():
        # "sync" writes each step before the next begins, so a killed run loses one at most.
        done = graph.invoke(
            given,
            _config(thread),
            context=ports,
            version="v2",
            durability="sync" if graph.checkpointer else None,
        )
    if done.interrupts:
        return Outcome(done.value, done.interrupts[0].value)
    drop(graph, thread)
    return Outcome(done.value)


def _waiting(graph: Graph, thread: str) -> None:
    if waiting(graph, thread) is None:
        raise NotFoundError(f"No run {thread!r} waits.", hint="Start it again.")


def _config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}, "recursion_limit": _MOST_STEPS}
