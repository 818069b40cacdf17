"""The neutral pool is the same every time, and each mask is of a subject."""

import numpy as np

from learning.neutral import neutral_negatives, neutral_pool


def test_the_pool_is_the_same_every_time() -> None:
    first = neutral_pool(64, 3)
    neutral_pool.cache_clear()
    again = neutral_pool(64, 3)
    assert [one.image.tobytes() for one in first] == [one.image.tobytes() for one in again]


def test_each_scene_has_a_subject_somewhere() -> None:
    assert all(0.01 < np.mean(one.mask) < 0.9 and one.class_word for one in neutral_pool(64, 3))
    assert [n.class_word for n in neutral_negatives(64, 3)] == [
        one.class_word for one in neutral_pool(64, 3)
    ]
