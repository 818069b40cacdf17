"""A whitened connector tells features apart before anything is learned."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from backbone.blank import blank_model
from backbone.config import EfficientNetConfig, from_dict, to_dict
from backbone.efficientnet import EfficientNetEncoder
from backbone.mini.assembly import mini_config
from backbone.model import UnifiedModel
from backbone.whitening import WhitenedConnector, fit_whitening
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.small import noise


def fitted() -> WhitenedConnector:
    features = noise(200, 12) @ noise(12, 12, seed=5) + 3
    connector = WhitenedConnector(12, 20, 6, 4)
    connector.fit(
        fit_whitening(features, 6), noise(4, 6, seed=2), 0.136, Generator().manual_seed(1)
    )
    return connector


def test_whitened_features_are_centred_and_uncorrelated() -> None:
    features = noise(200, 12) @ noise(12, 12, seed=5) + 3
    mean, components = fit_whitening(features, 6)
    white = (features - mean) @ components.T
    torch.testing.assert_close(torch.cov(white.T), torch.eye(6), atol=1e-4, rtol=0)
    torch.testing.assert_close(white.mean(0), torch.zeros(6), atol=1e-4, rtol=0)


def test_a_token_says_its_cell_and_its_image_in_directions_apart() -> None:
    connector, features = fitted(), (noise(200, 12) @ noise(12, 12, seed=5) + 3).view(50, 4, 12)
    with torch.no_grad():
        out, white = connector(features), connector.whiten(features)
    assert (connector.basis.T @ connector.glance).abs().max() < 1e-6
    cell = torch.linalg.lstsq(connector.basis, out.flatten(0, 1).T).solution.T
    torch.testing.assert_close(cell, white.flatten(0, 1), atol=1e-4, rtol=1e-4)
    image = torch.linalg.lstsq(connector.glance, out.flatten(0, 1).T).solution.T.view(50, 4, 4)
    torch.testing.assert_close(image[:, 0], image[:, 3], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(image.square().mean(-1), torch.ones(50, 4), atol=1e-3, rtol=0)


def test_a_fitted_connector_starts_at_the_size_it_is_given() -> None:
    connector, features = fitted(), (noise(200, 12) @ noise(12, 12, seed=5) + 3).view(50, 4, 12)
    with torch.no_grad():
        size = connector(features).square().mean().sqrt().item()
    assert size == pytest.approx(0.136 * 2**0.5, rel=0.05)


def test_only_the_residual_is_learned_and_the_map_is_saved() -> None:
    connector = fitted()
    assert {n for n, _ in connector.named_parameters()} == {
        "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"
    }  # fmt: skip
    assert {"mean", "components", "telling", "basis", "glance"} < set(connector.state_dict())


def test_few_features_are_refused() -> None:
    with pytest.raises(InputError, match="do not have 6 components"):
        fit_whitening(noise(5, 12), 6)


def test_the_config_names_the_connector() -> None:
    config = mini_config()
    assert from_dict(to_dict(config)) == config
    assert isinstance(blank_model(config).connector, WhitenedConnector)
    with pytest.raises(InputError, match="connector is 'magic'"):
        replace(small.config(), connector="magic")
    with pytest.raises(InputError, match="wider than"):
        replace(small.config(), connector="whitened", connector_rank=4096)
    with pytest.raises(InputError, match="more than connector_rank"):
        replace(small.config(), connector="whitened", connector_rank=8, connector_glance=9)


def test_efficientnet_averages_to_the_tokens_asked_for() -> None:
    encoder = EfficientNetEncoder(EfficientNetConfig(pretrained=False, tokens_per_side=4))
    assert encoder(noise(2, 3, 224, 224)).shape == (2, 16, 1280)
    assert encoder.grid(224, 224) == (4, 4)


def test_positions_of_seen_tokens_can_be_made_small() -> None:
    model, tokens = UnifiedModel(small.config()).eval(), []
    weights, image = model.state_dict(), noise(3, 28, 28)
    for scale in (0.5, 1.0, 1.5):
        scaled = UnifiedModel(replace(small.config(), vit_pos_scale=scale)).eval()
        scaled.load_state_dict(weights)
        tokens.append(scaled.encode_images([image])[0])
    torch.testing.assert_close(tokens[2] - tokens[1], tokens[1] - tokens[0], atol=1e-5, rtol=0)
    assert not torch.allclose(tokens[2], tokens[1])
