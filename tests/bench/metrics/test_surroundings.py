"""What lies around a subject says nothing of the subject."""

import numpy as np

from bench.metrics.surroundings import around


def test_what_stands_in_the_middle_does_not_count() -> None:
    empty = np.random.default_rng(0).random((1, 7, 7, 3))
    stood = empty.copy()
    stood[:, 3:, 2:5] = 9.0
    assert np.array_equal(around(empty.reshape(1, 49, 3)), around(stood.reshape(1, 49, 3)))


def test_above_and_beside_are_told_apart() -> None:
    maps = np.zeros((1, 7, 7, 2))
    maps[:, :3, :, 0], maps[:, 4:, :, 1] = 1.0, 1.0
    told = around(maps.reshape(1, 49, 2))[0]
    assert np.allclose(told, np.array([1, 0, 0, 1]) / np.sqrt(2))
