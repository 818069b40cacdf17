"""How alike photos are: cosines of vectors, less what all photos have in common.

Vectors of a vision encoder share a large part, whatever they show; without it cosines tell
subjects apart. Letters: ``n`` vectors of width ``D``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEUTRAL_WEIGHT", "Vectors", "centred_cosines", "common_part", "group"]

Vectors = NDArray[np.float64]
# the neutral pictures count as much as so many concepts
NEUTRAL_WEIGHT = 3.0


def common_part(
    concepts: Sequence[Vectors], neutral: Vectors, weight: float = NEUTRAL_WEIGHT
) -> Vectors:
    """Return the mean ``[D]`` of concepts ``[n, D]`` and of neutral pictures ``[n, D]``.

    Each concept counts once, however many photos it has, so that a concept with many does not
    take itself for what is common.
    """
    total = weight * _units(neutral).mean(0)
    for vectors in concepts:
        total = total + _units(vectors).mean(0)
    return np.asarray(total / (weight + len(concepts)))


def centred_cosines(asked: Vectors, known: Vectors, common: Vectors) -> Vectors:
    """Return the cosine of a vector ``[D]`` with each of ``[n, D]``, all less the common part."""
    here, there = _units(_units(asked[None]) - common), _units(_units(known) - common)
    return np.asarray(there @ here[0])


def group(vectors: Mapping[str, Vectors], concepts: Mapping[str, str]) -> list[Vectors]:
    """Put photos' vectors ``[D]`` together by concept."""
    found: dict[str, list[Vectors]] = {}
    for photo, vector in vectors.items():
        found.setdefault(concepts[photo], []).append(vector)
    return [np.stack(each) for each in found.values()]


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
