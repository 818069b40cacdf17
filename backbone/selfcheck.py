"""A check that a model reads, writes and draws on this machine."""

import time
from dataclasses import dataclass
from pathlib import Path

from backbone.decoding import TextOptions
from backbone.opening import load
from backbone.painting import ImageOptions

__all__ = ["SelfCheck", "run"]

PROMPT = "A small dog on the beach."
_SEED = 12345


@dataclass(frozen=True)
class SelfCheck:
    """What came out, and how long all of it took in seconds."""

    sentence: str
    picture: Path
    seconds: float


def run(name: str, folder: Path) -> SelfCheck:
    """Load a model, let it say and draw something, and leave the picture in a folder.

    A model with random weights says and draws noise: what is checked is that it works.
    """
    start = time.perf_counter()
    model = load(name)
    sentence = model.answer(model.read().add_text(PROMPT), TextOptions(max_new_tokens=24))
    options = ImageOptions(seed=_SEED, num_timesteps=10)
    picture = model.generate(PROMPT, options=options)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}_s{picture.seed}.png"
    picture.image.save(path)
    return SelfCheck(sentence, path, time.perf_counter() - start)
