"""Edits keep the photo's own pixels where they changed nothing."""

import torch

from backbone.keeping import blend, unchanged
from tests.backbone.small import noise


def test_what_is_the_same_is_sure_and_what_differs_is_not() -> None:
    photo = noise(3, 32, 32)
    edited = photo.clone()
    edited[:, :8] += 1
    sure = unchanged(photo, edited, 0.2)
    assert sure[16:].eq(1).all() and sure[:8].eq(0).all()


def test_what_is_beside_a_change_may_have_changed() -> None:
    photo = torch.zeros(3, 32, 32)
    edited = photo.clone()
    edited[:, 16, 16] = 10
    changed = (unchanged(photo, edited, 0.2) < 1).nonzero()
    assert changed.min(0).values.tolist() == [10, 10]
    assert changed.max(0).values.tolist() == [22, 22]


def test_a_small_difference_counts_half_at_the_limit() -> None:
    photo = torch.zeros(3, 8, 8)
    sure = unchanged(photo, photo + 0.2, 0.2)
    torch.testing.assert_close(sure, torch.full((8, 8), 0.5))


def test_sure_pixels_are_the_photos() -> None:
    photo, made = torch.ones(3, 4, 4), torch.zeros(3, 4, 4)
    sure = torch.tensor([0.0, 0.0, 0.25, 1.0]).expand(4, 4)
    assert blend(photo, made, sure)[0, 0].tolist() == [0, 0, 0.25, 1]
