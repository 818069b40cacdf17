"""The steps of learning a concept: state in, update out.

The work is done by a workshop; each step may be repeated after a crash.
"""

from graphs.ports import Workshop
from graphs.state import LearningState

__all__ = ["build", "commit", "describe", "grade", "ingest", "train"]


def ingest(state: LearningState, workshop: Workshop) -> LearningState:
    """Take the photos in."""
    return {"ingested": list(workshop.ingest(state["concept"], state["photos"]))}


def describe(state: LearningState, workshop: Workshop) -> LearningState:
    """Describe the photos."""
    return {"described": workshop.describe(state["concept"], state["ingested"])}


def build(state: LearningState, workshop: Workshop) -> LearningState:
    """Make the training examples."""
    made = workshop.build(state["concept"], state["ingested"], state["described"])
    return {"examples": made}


def train(state: LearningState, workshop: Workshop) -> LearningState:
    """Train the concept's tokens."""
    seed = state.get("seed", 0)
    return {"checkpoint": workshop.train(state["concept"], state["examples"], seed)}


def grade(state: LearningState, workshop: Workshop) -> LearningState:
    """Measure the tokens on held-out photos."""
    return {"scores": dict(workshop.grade(state["concept"], state["checkpoint"]))}


def commit(state: LearningState, workshop: Workshop) -> LearningState:
    """Make the tokens the active version."""
    version = workshop.commit(state["concept"], state["checkpoint"], state["scores"])
    return {"version": version}
