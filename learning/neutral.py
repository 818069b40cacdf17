"""Pictures of nobody the user knows: drawn scenes, the same on every machine.

They tell what all pictures have in common, and are negatives where a user has few photos.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from learning.edit_pairs import world_of
from learning.examples import Negative
from learning.masks import Mask

__all__ = ["Stranger", "neutral_negatives", "neutral_pool"]

_FAMILIES = ("named", "variant", "blob")
_SEED = 20261124


@dataclass(frozen=True)
class Stranger:
    """A scene, where the one subject in it is ``[H, W]``, and what it is."""

    image: Image.Image
    mask: Mask
    class_word: str


@lru_cache(maxsize=2)
def neutral_pool(size: int, number: int) -> tuple[Stranger, ...]:
    """Compose ``number`` scenes of ``size`` pixels per side, a subject in each."""
    rng, world = np.random.default_rng([_SEED, size]), world_of(size)
    found = []
    for count in range(number):
        subject = world.subject(rng, family=_FAMILIES[count % len(_FAMILIES)])
        scene = world.scene(rng, subject=subject, others=0, small="")
        mask = np.asarray(scene.alphas[0]) > 127
        found.append(Stranger(Image.fromarray(scene.image), mask, subject.class_word))
    return tuple(found)


def neutral_negatives(size: int = 192, number: int = 16) -> tuple[Negative, ...]:
    """Return the pool as photos without the concept."""
    return tuple(Negative(one.image, one.class_word) for one in neutral_pool(size, number))
