"""Similarity of pictures by their vectors: CLIP-I, CLIP-T and DINO as formulas.

Which encoder made the vectors is said beside every number; these functions do not know it.

Letters: ``G`` made pictures, ``R`` references, ``S`` subjects, ``D`` width.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vectors", "cosines", "image_similarity", "nearest", "text_similarity", "units"]

Vectors = NDArray[np.float64]


def units(vectors: Vectors) -> Vectors:
    """Scale vectors ``[..., D]`` to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))


def cosines(first: Vectors, second: Vectors) -> Vectors:
    """Return the cosines ``[G, R]`` of all pairs."""
    return np.asarray(units(first) @ units(second).T)


def image_similarity(made: Vectors, references: Vectors) -> float:
    """Return mean_g mean_r cos(g, r): each picture with all references, then all pictures.

    The definition of CLIP-I and, with its encoder, of DINO (DreamBooth, §5).
    """
    return float(cosines(made, references).mean(axis=1).mean())


def text_similarity(texts: Vectors, made: Vectors) -> float:
    """Return the mean cosine of each text with its own picture, both ``[G, D]`` (CLIP-T)."""
    return float((units(texts) * units(made)).sum(axis=-1).mean())


def nearest(made: Vectors, subjects: Vectors) -> list[int]:
    """Say for each picture ``[G, D]`` whose mean ``[S, D]`` is nearest, less what all share."""
    common = subjects.mean(axis=0)
    return [int(n) for n in cosines(made - common, subjects - common).argmax(axis=1)]
