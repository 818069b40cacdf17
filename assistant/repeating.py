"""Asking a kept turn again: same text, pictures and seed, and the same answers where it asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.exchange import Ask, Exchange, Result
from assistant.results import Answer
from memory.values import Turn
from omni_errors import InputError

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["Given", "given_of", "repeat", "say_again"]

_PICTURES = ("generate", "edit")
_BEFORE = ("last_image", "last_made", "last_concepts", "last_request", "chosen")


@dataclass(frozen=True)
class Given:
    """What a turn was given beside its text."""

    attachment: str
    wanted: str
    seed: int | None
    replay: bool
    # of the turns before it
    before: Mapping[str, Any]
    # to what it asked, in order
    answers: tuple[str | bool, ...] = ()


def repeat(assistant: "Assistant", turn: Turn, seed: int | None = None) -> Result:
    """Run a turn again, apart from what may wait in its conversation; no question is left.

    Concepts are drawn with the tokens that are in use now: where those are others than then, the
    trace says so in ``tokens_changed``.

    What it asks is answered as it was then, but consent is not given a second time: the result
    is that question.

    Raises:
        InputError: if the turn was forgotten.
    """
    exchange = Exchange(assistant, turn.conversation_id, run=turn.id)
    try:
        return say_again(exchange, turn, seed)
    finally:
        exchange.drop()


def say_again(exchange: Exchange, turn: Turn, seed: int | None = None) -> Result:
    """Run a turn again in an exchange, where a question that is not answered anew is left.

    Raises:
        InputError: if the turn was forgotten.
    """
    given = given_of(turn, seed)
    ask = Ask(
        turn.text,
        given.attachment,
        given.wanted,
        given.seed,
        replay=given.replay,
        given=given.before,
        repeats=turn.id,
    )
    done = exchange.begin(ask)
    for said in given.answers:
        if not _may_answer(done):
            break
        done = exchange.answer(said, ask)
    return done


def _may_answer(done: Result) -> bool:
    asked = done.question if isinstance(done, Answer) else None
    return asked is not None and asked.kind != "consent"


def given_of(turn: Turn, seed: int | None = None) -> Given:
    """Read it out of a turn's trace; a ``seed`` takes the place of the turn's own.

    Raises:
        InputError: if the turn was forgotten.
    """
    given = turn.trace.get("given")
    if given is None:
        raise InputError(
            f"The turn {turn.id} does not say what it was given.",
            hint="It was forgotten, or kept by an older version.",
        )
    before = {key: given[key] for key in _BEFORE if key in given}
    drawn = turn.intent in _PICTURES
    return Given(
        str(given.get("attachment", "")),
        turn.intent if drawn else "",
        turn.trace.get("seed") if seed is None else seed,
        not given.get("no_replay", False),
        before,
        tuple(one["answer"] for one in turn.trace.get("asked", ()) if "answer" in one),
    )
