"""Which examples a step takes: a function of the seed and the step's number alone."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch

from learning.examples import Example, ExampleSet, Question
from learning.presets import Recipe

__all__ = ["batch_of", "noise_of"]

Thing = TypeVar("Thing")
# How often each kind of question is asked; yes as often as both kinds of no.
_WEIGHTS = {"yes": 2.0, "no, same class": 1.0, "no": 1.0, "class": 1.0, "facts": 2.0}
_EXAMPLES, _NOISE = 0, 1


def batch_of(
    examples: ExampleSet, recipe: Recipe, step: int, *, draws: bool = True
) -> tuple[Example, ...]:
    """Draw the examples of a step; a model that does not draw gets questions only."""
    rng = np.random.default_rng([recipe.seed, step, _EXAMPLES])
    questions, drawings, edits = _counts(examples, recipe, draws=draws)
    asked = [_question(examples, rng) for _ in range(questions)]
    drawn = [_one(examples.drawings, rng) for _ in range(drawings)]
    edited = [_one(examples.edits, rng) for _ in range(edits)]
    return (*asked, *drawn, *edited)


def _counts(examples: ExampleSet, recipe: Recipe, *, draws: bool) -> tuple[int, int, int]:
    """Share the places of kinds that have no examples among the others."""
    size = recipe.questions + recipe.drawings + recipe.edits
    if not draws or not examples.drawings:
        return size, 0, 0
    if examples.edits or not recipe.edits:
        return recipe.questions, recipe.drawings, recipe.edits
    more = (recipe.edits + 1) // 2 if recipe.questions else 0
    return recipe.questions + more, recipe.drawings + recipe.edits - more, 0


def _question(examples: ExampleSet, rng: np.random.Generator) -> Question:
    kinds = examples.kinds
    weights = np.array([_WEIGHTS.get(kind, 1.0) for kind in kinds])
    if "no" not in kinds or "no, same class" not in kinds:
        weights[[kind.startswith("no") for kind in kinds]] = _WEIGHTS["yes"]
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    return _one(examples.questions[kind], rng)


def _one(things: Sequence[Thing], rng: np.random.Generator) -> Thing:
    return things[int(rng.integers(len(things)))]


def noise_of(recipe: Recipe, step: int) -> torch.Generator:
    """Return the generator of a step's noise and times."""
    drawn = np.random.default_rng([recipe.seed, step, _NOISE]).integers(2**62)
    return torch.Generator().manual_seed(int(drawn))
