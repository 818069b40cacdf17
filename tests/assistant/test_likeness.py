"""Cosines without the common part tell things apart that share most of what they are."""

import numpy as np
import pytest

from assistant.likeness import centred_cosines, common_part, group

COMMON = np.array([10.0, 0.0, 0.0, 0.0])
CAT, DOG = np.eye(4)[1], np.eye(4)[2]


def test_what_all_share_hides_the_difference_until_it_is_taken_away() -> None:
    cat, dog = COMMON + CAT, COMMON + DOG
    known = np.stack([cat, dog])
    plain = centred_cosines(cat, known, np.zeros(4))
    centred = centred_cosines(cat, known, common_part([cat[None], dog[None]], COMMON[None]))
    assert plain[1] > 0.98 and centred[0] == pytest.approx(1)
    assert centred[1] < 0.2


def test_a_concept_with_many_photos_counts_once() -> None:
    few, many = (COMMON + CAT)[None], np.stack([COMMON + DOG] * 50)
    both = common_part([few, many], COMMON[None])
    assert both[1] == pytest.approx(both[2])


def test_lengths_do_not_matter() -> None:
    known = np.stack([3 * (COMMON + DOG)])
    common = common_part([known], COMMON[None])
    again = centred_cosines(7 * (COMMON + CAT), known, common)
    assert again == pytest.approx(centred_cosines(COMMON + CAT, known / 3, common))


def test_vectors_come_together_by_concept() -> None:
    vectors = {"p1": CAT, "p2": DOG, "p3": CAT}
    found = group(vectors, {"p1": "a", "p2": "b", "p3": "a"})
    assert [len(each) for each in found] == [2, 1]
