"""Noise without its coarse part: blocks of tokens have no mean, and the rest stays."""

import pytest
import torch

from backbone.noise import without_coarse
from tests.backbone.small import noise


def test_blocks_have_no_mean_and_differences_within_them_stay() -> None:
    drawn = noise(16, 3)
    fine = without_coarse(drawn, (4, 4), 2).reshape(4, 4, 3)
    blocks = fine.reshape(2, 2, 2, 2, 3)
    torch.testing.assert_close(blocks.mean((1, 3)), torch.zeros(2, 2, 3), atol=1e-6, rtol=0)
    before = drawn.reshape(4, 4, 3)
    torch.testing.assert_close(fine[0, 0] - fine[1, 1], before[0, 0] - before[1, 1])


@pytest.mark.parametrize("grid", [(3, 5), (1, 4), (5, 1)])
def test_blocks_at_the_border_may_be_smaller(grid: tuple[int, int]) -> None:
    height, width = grid
    drawn = noise(height * width, 2)
    fine = without_coarse(drawn, grid, 2).reshape(height, width, 2)
    torch.testing.assert_close(fine[:2, :2].mean((0, 1)), torch.zeros(2), atol=1e-6, rtol=0)
    assert fine.shape == (height, width, 2)
