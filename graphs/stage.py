"""One step that a model is trusted with only as far as its output can be checked.

A step asks, checks, asks once more in other words, and then falls back on what is safe. What
happened is kept, raw outputs included.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Attempt", "Stage", "settle"]


@dataclass(frozen=True)
class Attempt:
    """A prompt, what the model wrote, and what was wrong with it ("" if nothing)."""

    prompt: str
    raw: str
    problem: str


@dataclass(frozen=True)
class Stage:
    """What a step came to; ``by`` is "model", "retry", "fallback", "profile" or "rule"."""

    stage: str
    concept: str
    result: str
    by: str
    attempts: tuple[Attempt, ...] = ()
    why: str = ""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {**asdict(self), "attempts": [asdict(one) for one in self.attempts]}


def settle(
    stage: str,
    concept: str,
    prompts: Sequence[str],
    ask: Callable[[str], str],
    read: Callable[[str], str],
    check: Callable[[str], str],
    fallback: str,
) -> Stage:
    """Ask with each prompt in turn until an output passes; else take the fallback.

    ``read`` cleans an output; ``check`` returns what is wrong with it, or "".
    """
    tried: list[Attempt] = []
    for prompt in prompts:
        raw = ask(prompt)
        result = read(raw)
        problem = check(result)
        tried.append(Attempt(prompt, raw, problem))
        if not problem:
            return Stage(stage, concept, result, ("model", "retry")[len(tried) > 1], tuple(tried))
    return Stage(stage, concept, fallback, "fallback", tuple(tried), tried[-1].problem)
