"""Which examples a step takes: a function of the seed and the step's number alone."""

from collections.abc import Sequence
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
_WEIGHTS = {
    **{"yes": 2.0, "no": 2.0, "class": 0.5},
    # tokens know nothing and say nothing of themselves elsewhere: that is kept by a few reminders
    **{"what": 1.0, "facts": 4.0, "unknown": 0.5, "other": 0.5},
}
_WITHOUT_PHOTO = ("what", "facts", "unknown", "other")
_EXAMPLES, _NOISE, _TEXTS = 0, 1, 2


def batch_of(
    examples: ExampleSet, recipe: Recipe, step: int, *, draws: bool = True
) -> tuple[Example, ...]:
    """Draw the examples of a step; a model that does not draw gets questions only.

    Where a recipe has steps of texts, these questions are about photos.
    """
    rng = np.random.default_rng([recipe.seed, step, _EXAMPLES])
    questions, drawings, edits = _counts(examples, recipe, draws=draws)
    photos = [kind for kind in examples.kinds if kind not in _WITHOUT_PHOTO]
    kinds = photos if recipe.texts else examples.kinds
    asked = [_question(examples, kinds, rng) for _ in range(questions)]
    drawn = [_one(examples.drawings, rng) for _ in range(drawings)]
    edited = [_one(examples.edits, rng) for _ in range(edits)]
    return (*asked, *drawn, *edited)


def texts_of(examples: ExampleSet, recipe: Recipe, step: int) -> tuple[Question, ...]:
    """Draw a step's questions that no photo goes with."""
    rng = np.random.default_rng([recipe.seed, step, _TEXTS])
    kinds = [kind for kind in examples.kinds if kind in _WITHOUT_PHOTO]
    return tuple(_question(examples, kinds, rng) for _ in range(recipe.texts if kinds else 0))


def _counts(examples: ExampleSet, recipe: Recipe, *, draws: bool) -> tuple[int, int, int]:
    """Share the places of kinds that have no examples among the others."""
    size = recipe.questions + recipe.drawings + recipe.edits
    if not draws or not examples.drawings:
        return size, 0, 0
    if examples.edits or not recipe.edits:
        return recipe.questions, recipe.drawings, recipe.edits
    more = (recipe.edits + 1) // 2 if recipe.questions else 0
    return recipe.questions + more, recipe.drawings + recipe.edits - more, 0


def _question(examples: ExampleSet, kinds: Sequence[str], rng: np.random.Generator) -> Question:
    of = [kind.partition(",")[0] for kind in kinds]
    weights = np.array([_WEIGHTS.get(kind, 1.0) / of.count(kind) for kind in of])
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    return _one(examples.questions[kind], rng)


def _one(things: Sequence[Thing], rng: np.random.Generator) -> Thing:
    return things[int(rng.integers(len(things)))]


def noise_of(recipe: Recipe, step: int) -> torch.Generator:
    """Return the generator of a step's noise and times."""
    drawn = np.random.default_rng([recipe.seed, step, _NOISE]).integers(2**62)
    return torch.Generator().manual_seed(int(drawn))
