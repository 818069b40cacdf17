"""Rows of a subject: each is about its part of the frame, and all are of one length."""

import pytest
import torch

from backbone.mini.row_encoder import CROP, LENGTH, RowEncoder
from tests.backbone.small import noise

SIDE = CROP // 8


@pytest.fixture
def encoder() -> RowEncoder:
    torch.manual_seed(0)
    made = RowEncoder(6, 20)
    made.steady.data[0] = 1
    made.read.weight.data[0] = 0
    return made


def test_sixteen_rows_come_from_a_frame_and_each_is_about_its_part(encoder: RowEncoder) -> None:
    latents, masks = noise(1, 6, SIDE, SIDE), torch.ones(1, 1, SIDE, SIDE)
    rows = encoder(latents, masks)
    latents[..., 12:, 12:] += 1
    changed = (encoder(latents, masks) - rows).abs().sum(-1)[0] > 1e-6
    assert rows.shape == (1, 16, 20)
    assert changed.tolist() == [n == 15 for n in range(16)]


def test_rows_are_of_one_length(encoder: RowEncoder) -> None:
    rows = encoder(noise(1, 6, SIDE, SIDE), torch.ones(1, 1, SIDE, SIDE))
    torch.testing.assert_close(rows.norm(dim=-1), torch.full((1, 16), LENGTH))


def test_what_is_not_the_subject_is_not_in_its_rows(encoder: RowEncoder) -> None:
    masks = torch.zeros(1, 1, SIDE, SIDE)
    rows = [encoder(noise(1, 6, SIDE, SIDE, seed=seed), masks) for seed in (1, 2)]
    torch.testing.assert_close(*rows)
