"""Edits keep the photo's own pixels where they changed nothing."""

import torch

from backbone.keeping import blend, unchanged
from tests.backbone.small import noise


def test_what_is_the_same_is_sure_and_what_differs_is_not() -> None:
    before = noise(4, 8, 8)
    after = before.clone()
    after[:, :2] += 1
    sure = unchanged(before, after, 0.2)
    assert sure[4:].eq(1).all() and sure[:2].eq(0).all()


def test_a_place_beside_a_change_may_have_changed() -> None:
    before = torch.zeros(4, 8, 8)
    after = before.clone()
    after[:, 3, 3] = 1
    changed = unchanged(before, after, 0.2) < 1
    assert changed.nonzero().min(0).values.tolist() == [2, 2]
    assert changed.sum() == 9


def test_a_small_difference_counts_half_at_the_limit() -> None:
    before = torch.zeros(4, 3, 3)
    sure = unchanged(before, before + 0.2, 0.2)
    torch.testing.assert_close(sure, torch.full((3, 3), 0.5))


def test_sure_places_have_the_photos_pixels() -> None:
    photo, made = torch.ones(3, 32, 32), torch.zeros(3, 32, 32)
    sure = torch.zeros(4, 4)
    sure[:, 2:] = 1
    mixed = blend(photo, made, sure)
    assert mixed[..., 24:].eq(1).all() and mixed[..., :8].eq(0).all()
