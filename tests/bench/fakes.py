"""A reader of scenes made of a few numbers, and judges that say what they are told to."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from bench.judges.scenes import THINGS, SceneReader
from bench.metrics.encoders import EfficientNetLite


def reader() -> SceneReader:
    """Read places and things by means drawn by lot: right in form, in nothing else."""
    rng = np.random.default_rng(0)
    places, things = ("beach", "snow", "forest"), THINGS[:4]
    return SceneReader(
        EfficientNetLite(),
        places,
        rng.normal(size=(len(places), 2 * 1280)),
        things,
        rng.normal(size=(len(things), 1280)),
        np.zeros(len(things)),
        np.ones(len(things)),
        {"place": 1.0},
    )


class Scripted:
    """Reply from a list, and remember what was asked."""

    name = "scripted"

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, int]] = []

    def ask(self, prompt: str, images: Sequence[Image.Image], choices: Sequence[str]) -> str:
        self.asked.append((prompt, len(images)))
        return self.replies.pop(0)
