"""Which examples a step takes: a function of the seed and the step's number alone."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch

from learning.examples import Example, ExampleSet, Question
from learning.presets import Recipe

__all__ = ["batch_of", "noise_of", "texts_of"]

Thing = TypeVar("Thing")
# How often each kind of question is asked, its sorts ("no", "no, same class") equally often; yes
# as often as no, and on photos as often as on scenes that the subject was put into, which are
# harder: asked more often, they would teach to say yes to anything
_WEIGHTS = {"yes": 2.0, "no": 2.0, "class": 1.0, "facts": 2.0}
# The same where texts are asked in batches of their own, and of these: that what nobody told is
# unknown, and that other talk is not about the concept, takes a few reminders only.
_ON_PHOTOS = {"yes": 2.0, "no": 2.0, "class": 0.5, "told class": 1.0}
_TEXTS = {"what": 1.0, "told what": 1.0, "facts": 4.0, "unknown": 0.5, "other": 0.5}
_EXAMPLES, _NOISE, _TOLD = 0, 1, 2


def batch_of(
    examples: ExampleSet, recipe: Recipe, step: int, *, draws: bool = True
) -> tuple[Example, ...]:
    """Draw the examples of a step; a model that does not draw gets questions only.

    Where a recipe has steps of texts, these questions are about photos.
    """
    rng = np.random.default_rng([recipe.seed, step, _EXAMPLES])
    draws = draws and (step % recipe.pictures_every == 0 or not recipe.questions)
    questions, drawings, edits = _counts(examples, recipe, draws=draws)
    weights = _ON_PHOTOS if recipe.texts else _WEIGHTS
    asked = [_question(examples, weights, rng) for _ in range(questions)]
    drawn = [_one(examples.drawings, rng) for _ in range(drawings)]
    edited = [_one(examples.edits, rng) for _ in range(edits)]
    return (*asked, *drawn, *edited)


def texts_of(examples: ExampleSet, recipe: Recipe, step: int) -> tuple[Question, ...]:
    """Draw a step's questions that no photo goes with."""
    rng = np.random.default_rng([recipe.seed, step, _TOLD])
    number = recipe.texts if set(examples.kinds) & set(_TEXTS) else 0
    return tuple(_question(examples, _TEXTS, rng) for _ in range(number))


def _counts(examples: ExampleSet, recipe: Recipe, *, draws: bool) -> tuple[int, int, int]:
    """Share the places of kinds that have no examples among the others."""
    size = recipe.questions + recipe.drawings + recipe.edits
    if not draws or not examples.drawings:
        return size, 0, 0
    if examples.edits or not recipe.edits:
        return recipe.questions, recipe.drawings, recipe.edits
    more = (recipe.edits + 1) // 2 if recipe.questions else 0
    return recipe.questions + more, recipe.drawings + recipe.edits - more, 0


def _question(
    examples: ExampleSet, weights: Mapping[str, float], rng: np.random.Generator
) -> Question:
    """Draw a question of the kinds that have a weight, shared among the sorts of a kind."""
    kinds = [kind for kind in examples.kinds if _of(kind) in weights]
    of = [_of(kind) for kind in kinds]
    shares = np.array([weights[kind] / of.count(kind) for kind in of])
    kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
    return _one(examples.questions[kind], rng)


def _of(kind: str) -> str:
    """Return what a sort is a sort of: "no" of "no, same class"."""
    return kind.partition(",")[0]


def _one(things: Sequence[Thing], rng: np.random.Generator) -> Thing:
    return things[int(rng.integers(len(things)))]


def noise_of(recipe: Recipe, step: int) -> torch.Generator:
    """Return the generator of a step's noise and times."""
    drawn = np.random.default_rng([recipe.seed, step, _NOISE]).integers(2**62)
    return torch.Generator().manual_seed(int(drawn))
