"""The graphs as pictures: ``python -m graphs.drawing`` writes ``docs/graphs.md``."""

from pathlib import Path

from graphs.learning import learning_graph
from graphs.replay import replay_graph
from graphs.turn import turn_graph

__all__ = ["DOCUMENT", "document"]

DOCUMENT = Path(__file__).parent.parent / "docs" / "graphs.md"
_HEAD = "# The graphs\n\nDrawn from the code by `python -m graphs.drawing`; do not edit.\n"


def document() -> str:
    """Return the document with all graphs drawn."""
    graphs = {
        "A turn": turn_graph(),
        "Knowledge replay": replay_graph(),
        "Learning a concept": learning_graph(),
    }
    parts = [
        f"## {title}\n\n```mermaid\n{graph.get_graph().draw_mermaid().strip()}\n```\n"
        for title, graph in graphs.items()
    ]
    return "\n".join([_HEAD, *parts])


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
