"""A check that a model reads, writes and draws on this machine."""

import time
from dataclasses import dataclass
from pathlib import Path

from backbone.decoding import TextOptions
from backbone.opening import load
from backbone.painting import ImageOptions
from omni_errors import ResourceError

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

    Raises:
        ResourceError: if the folder cannot be made.
    """
    start = time.perf_counter()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"{folder} cannot be made a folder: {error.strerror}.", hint="Choose another with -o."
        ) from error
    model = load(name)
    sentence = model.answer(model.read().add_text(PROMPT), TextOptions(max_new_tokens=24))
    options = ImageOptions(seed=_SEED, num_timesteps=10)
    picture = model.generate(PROMPT, options=options)
    path = folder / f"{model.config.name}_s{picture.seed}.png"
    picture.image.save(path)
    return SelfCheck(sentence, path, time.perf_counter() - start)
