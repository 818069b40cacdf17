"""What lies around a subject: the parts of a picture that tell a place.

A mean over a whole picture says more of the subject than of where it is. A place is told by what
is above, and by what is beside the subject's feet.

Letters: ``n`` pictures, ``D`` width of features.
"""

import numpy as np

from bench.metrics.similarity import Vectors, units

__all__ = ["around"]

# places per side of a feature map; rows of what is above; rows and columns of what is beside
_SIDE, _ABOVE = 7, slice(0, 3)
_BESIDE = np.ix_(range(4, 7), (0, 1, 5, 6))


def around(maps: Vectors) -> Vectors:
    """Return unit vectors ``[n, 2 D]`` of feature maps ``[n, 49, D]``."""
    grid = maps.reshape(len(maps), _SIDE, _SIDE, -1)
    above = grid[:, _ABOVE].mean(axis=(1, 2))
    beside = grid[:, _BESIDE[0], _BESIDE[1]].mean(axis=(1, 2))
    return units(np.concatenate([above, beside], axis=1))
