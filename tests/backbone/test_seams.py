"""Small steps between tokens go, edges stay, and nothing else moves."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from backbone import Backbone, ImageOptions, load
from backbone.config import SamplingConfig
from backbone.seams import smooth_seams
from omni_errors import InputError


def stepped(height: float) -> Tensor:
    """Return a flat picture whose right half is brighter, from the border of a token on."""
    picture = torch.zeros(3, 32, 64)
    picture[:, :, 32:] = height
    return picture


def largest_step(picture: Tensor) -> float:
    return float((picture[:, :, 1:] - picture[:, :, :-1]).abs().max())


def test_a_small_step_is_spread_over_its_neighbours() -> None:
    smooth = smooth_seams(stepped(0.05), 16, 0.3)
    assert largest_step(smooth) < 0.02
    assert torch.allclose(smooth.mean(), stepped(0.05).mean())


def test_an_edge_stays() -> None:
    assert torch.equal(smooth_seams(stepped(1.0), 16, 0.3), stepped(1.0))


def test_a_step_inside_a_token_stays() -> None:
    inside = stepped(0.05).roll(6, 2)[:, :, 8:56]
    assert torch.equal(smooth_seams(inside, 48, 0.3), inside)


def test_a_slope_is_no_step() -> None:
    slope = torch.linspace(0, 1, 64).expand(3, 32, 64)
    assert torch.allclose(smooth_seams(slope, 16, 0.3), slope, atol=1e-6)


def test_rows_of_tokens_are_smoothed_as_columns_are() -> None:
    across = smooth_seams(stepped(0.05), 16, 0.3)
    down = smooth_seams(stepped(0.05).transpose(1, 2), 16, 0.3)
    assert torch.allclose(down.transpose(1, 2), across)


def test_a_model_smooths_what_it_draws_if_its_config_says_so() -> None:
    face, options = load("tiny"), ImageOptions(seed=1, num_timesteps=2)
    usual = face.generate("a cup", options=options).image
    sampling = replace(face.model.config.sampling, seam_limit=0.5)
    face.model.config = replace(face.model.config, sampling=sampling)
    smooth = Backbone(face.model, face.words.tokenizer).generate("a cup", options=options).image
    assert usual.size == smooth.size
    assert usual.tobytes() != smooth.tobytes()


@pytest.mark.parametrize("limit", [0.0, -0.1])
def test_a_limit_that_smooths_nothing_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="above 0, or null"):
        SamplingConfig(seam_limit=limit)
