"""What the graphs carry from node to node: ids, paths, strings and numbers, all JSON.

Pixels, tensors and rows of a database stay outside, so that a state can be saved at any step
and read by another process.
"""

from typing import Any, TypedDict

__all__ = ["LearningState", "ReplayState", "TurnState"]


class ReplayState(TypedDict, total=False):
    """Knowledge replay of one request."""

    # T, with concepts as <name>
    request: str
    # ids and names of the concepts it is about, in order
    concepts: list[str]
    names: list[str]
    # concepts still to be looked at, the present one first
    todo: list[str]
    # Q and A of the present round, "NONE" or "" where there is none
    question: str
    answer: str
    # T̂ as far as it is composed
    prompt: str
    # all that was asked and answered, in order: questions, and A beside them
    questions: list[str]
    answers: list[str]
    # what every step did, raw outputs included
    stages: list[dict[str, Any]]


class TurnState(ReplayState, total=False):
    """One turn of a conversation."""

    # given: names the turn in the journal, and the conversation
    key: str
    conversation: str
    text: str
    # path or id of a picture shown with the text, "" without
    attachment: str
    # of the turns before: the last picture, whether the last turn made it, the ids of the last
    # concepts, and what was last asked to be drawn, where nothing was changed since
    last_image: str
    last_made: bool
    last_concepts: list[str]
    last_request: str
    seed: int | None
    # the route, where a command has said it; "" lets the text decide
    wanted: str
    # whether the request is drawn as it stands, without what is known
    no_replay: bool
    # found; the route of what goes on from the last turn's drawing, "" where the text does not;
    # whether a word that is nearly a name is meant as it is written
    how: str
    follows: str
    as_written: bool
    route: str
    why: str
    # what is to be asked before going on, concepts chosen in answer, and all that was asked
    asking: dict[str, Any]
    chosen: list[str]
    asked: list[dict[str, Any]]
    # proposed to be remembered, and what was told in place of yes or no
    fact: str
    consent: bool
    correction: str
    # ids with commas between them, one for each concept it is about
    fact_id: str
    evidence: list[dict[str, Any]]
    # stored facts that stood in the prompt, by name
    facts: dict[str, list[str]]
    versions: dict[str, int]
    # given back
    reply: str
    image: str
    used_seed: int | None
    trace: dict[str, Any]
    turn: str


class LearningState(TypedDict, total=False):
    """Learning of one concept."""

    # given
    concept: str
    photos: list[str]
    seed: int
    # ids of the photos taken in
    ingested: list[str]
    # paths
    described: str
    examples: str
    checkpoint: str
    scores: dict[str, float]
    version: int
