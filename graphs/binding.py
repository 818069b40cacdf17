"""Plain steps as LangGraph's nodes: the ports come from the run's context.

The nodes are `Any` to the type checker: LangGraph's overloads want each step's own state type.
"""

from collections.abc import Callable
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

__all__ = ["asking", "bound"]


def bound(step: Callable[[Any, Any], Any]) -> Any:
    """Give a step its ports, which are told that it begins."""

    def node(state: Any, runtime: Runtime[Any]) -> Any:
        heard = getattr(runtime.context, "on_step", None)
        if heard is not None:
            heard(step.__name__)
        return step(state, runtime.context)

    return node


def asking(step: Callable[[Any, Callable[[Any], Any]], Any]) -> Any:
    """Give a step that asks the means to pause; it runs again from its start when resumed."""

    def node(state: Any) -> Any:
        return step(state, interrupt)

    return node
