"""Learning: photos and facts of a concept in, trained concept tokens out.

It knows no users and no storage: paths and values come in, values go out. Names are imported
when first used, so that recipes (`learning.presets`) come without torch::

    intake = take_in(["photos/maeve"])
    material = Material("maeve", "dog", tuple(p.image for p in intake.photos), ("she likes hay",))
    lesson = prepare(face, material, find_recipe("quick"))
    learned = learn(face, lesson, find_recipe("quick"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# says how threads wait, which has to be before torch is imported
import backbone  # noqa: F401

if TYPE_CHECKING:
    from learning.checkpoint import CheckpointError, pack, unpack
    from learning.examples import ExampleSet, Material, Negative, make_examples
    from learning.lesson import Learned, Lesson, learn, prepare
    from learning.photos import Intake, Photo, PhotoLimits, take_in
    from learning.presets import PRESETS, Recipe, find_recipe
    from learning.trainer import StepLosses, TrainOptions, TrainResult, train

_HOMES = {
    "CheckpointError": "checkpoint",
    "ExampleSet": "examples",
    "Intake": "photos",
    "Learned": "lesson",
    "Lesson": "lesson",
    "Material": "examples",
    "Negative": "examples",
    "PRESETS": "presets",
    "Photo": "photos",
    "PhotoLimits": "photos",
    "Recipe": "presets",
    "StepLosses": "trainer",
    "TrainOptions": "trainer",
    "TrainResult": "trainer",
    "find_recipe": "presets",
    "learn": "lesson",
    "make_examples": "examples",
    "pack": "checkpoint",
    "prepare": "lesson",
    "take_in": "photos",
    "train": "trainer",
    "unpack": "checkpoint",
}

__all__ = [
    "PRESETS",
    "CheckpointError",
    "ExampleSet",
    "Intake",
    "Learned",
    "Lesson",
    "Material",
    "Negative",
    "Photo",
    "PhotoLimits",
    "Recipe",
    "StepLosses",
    "TrainOptions",
    "TrainResult",
    "find_recipe",
    "learn",
    "make_examples",
    "pack",
    "prepare",
    "take_in",
    "train",
    "unpack",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'learning' has no attribute {name!r}")
    return getattr(import_module(f"learning.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
