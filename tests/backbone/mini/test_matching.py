"""Comparing is started, not left to chance: a picture like the rows takes in their mark."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from backbone.blank import random_model
from backbone.mini.concept_encoder import ConceptEncoder
from backbone.mini.lora import LoraOptions, add_lora
from backbone.mini.matching import start_matching
from backbone.model import UnifiedModel
from tests.backbone import small

WIDTH, USED = 192, 60


@pytest.fixture(scope="module")
def model() -> UnifiedModel:
    config = small.config("apart")
    heads = replace(config.trunk.understanding, num_attention_heads=3, hidden_size=WIDTH)
    trunk = replace(
        config.trunk, head_dim=64, num_key_value_heads=3, understanding=heads, generation=None
    )
    return random_model(replace(config, trunk=trunk), seed=1)


def directions() -> tuple[Tensor, Tensor]:
    drawn, _ = torch.linalg.qr(small.noise(WIDTH, 2 * USED))
    return drawn[:, :USED], drawn[:, USED:]


@pytest.fixture(scope="module")
def scores(model: UnifiedModel) -> Tensor:
    """Give the first head's scores of 20 pictures (rows) with 20 concepts' rows (columns)."""
    basis, glance = directions()
    add_lora(model, Generator().manual_seed(1), LoraOptions(wide=((0, 48),)))
    encoder = ConceptEncoder(WIDTH)
    encoder.start(torch.zeros(WIDTH))
    start_matching(model, encoder, basis, glance)
    pictures = small.noise(20, USED, seed=3) @ glance.T
    rows = encoder(pictures[:, None, None], torch.ones(20, 1, dtype=torch.bool)).und[:, 0]
    layer = model.language_model.model.layers[0]
    query, key = (
        layer.get_submodule(f"self_attn.{name}_proj")(
            layer.get_submodule("input_layernorm")(tokens)
        )[:, :64]
        for name, tokens in (("q", pictures), ("k", rows))
    )
    found: Tensor = query.detach() @ key.detach().T
    return found


def test_a_picture_looks_at_rows_that_are_like_it(scores: Tensor) -> None:
    others = scores[~torch.eye(20, dtype=torch.bool)]
    assert scores.diagonal().mean() > others.mean() + 3 * others.std()


def test_rows_carry_a_copy_and_a_mark_where_nothing_else_is(model: UnifiedModel) -> None:
    basis, glance = directions()
    add_lora(fresh := random_model(model.config, seed=2), Generator().manual_seed(1))
    encoder = ConceptEncoder(WIDTH)
    encoder.start(torch.zeros(WIDTH))
    start_matching(fresh, encoder, basis, glance)
    written = torch.cat([encoder.residual.weight, encoder.residual.bias[:, None]], dim=1)
    assert written.abs().max() > 0.1
    assert (torch.cat([basis, glance], dim=1).T @ written).abs().max() < 1e-4


def test_a_model_without_room_is_left_alone() -> None:
    tiny = random_model(small.config("apart"), seed=1)
    add_lora(tiny, Generator().manual_seed(1))
    encoder = ConceptEncoder(width := tiny.config.trunk.understanding.hidden_size)
    encoder.start(torch.zeros(width))
    start_matching(tiny, encoder, torch.eye(width), torch.eye(width))
    assert not encoder.residual.weight.any()
