"""Comparing is started, not left to chance: a name looks at a picture like its photos."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from backbone.blank import random_model
from backbone.mini.concept_encoder import ConceptEncoder
from backbone.mini.lora import LoraOptions, add_lora
from backbone.mini.matching import find_directions, start_matching, told_along
from backbone.model import UnifiedModel
from backbone.whitening import WhitenedConnector, fit_whitening
from tests.backbone import small

WIDTH, RANK, GLANCE = 288, 96, 90


def wide_model() -> UnifiedModel:
    config = small.config("apart")
    heads = replace(config.trunk.understanding, num_attention_heads=3, hidden_size=WIDTH)
    trunk = replace(
        config.trunk, head_dim=64, num_key_value_heads=3, understanding=heads, generation=None
    )
    wide = replace(
        config,
        trunk=trunk,
        connector="whitened",
        connector_rank=RANK,
        connector_glance=GLANCE,
    )
    model = random_model(wide, seed=1)
    features = small.noise(400, 128)
    model.connector = WhitenedConnector(128, WIDTH, RANK, GLANCE)
    telling = torch.eye(GLANCE, RANK)
    model.connector.fit(fit_whitening(features, RANK), telling, 0.5, Generator().manual_seed(1))
    return model


@pytest.fixture(scope="module")
def started() -> tuple[UnifiedModel, ConceptEncoder]:
    model = wide_model()
    add_lora(model, Generator().manual_seed(1), LoraOptions(wide=((0, 96),)))
    encoder = ConceptEncoder(WIDTH)
    encoder.start(torch.zeros(WIDTH))
    start_matching(model, encoder)
    return model, encoder


def tokens(model: UnifiedModel) -> Tensor:
    """See 20 pictures of one token each."""
    with torch.no_grad():
        seen: Tensor = model.connector(small.noise(20, 1, 128, seed=3))
    return seen


def head(model: UnifiedModel, name: str, states: Tensor) -> Tensor:
    layer = model.language_model.model.layers[0]
    normed = layer.get_submodule("input_layernorm")(states)
    out: Tensor = layer.get_submodule(f"self_attn.{name}_proj")(normed)[:, :64].detach()
    return out


def test_a_name_looks_at_a_picture_like_its_photos(
    started: tuple[UnifiedModel, ConceptEncoder],
) -> None:
    model, encoder = started
    pictures = tokens(model)
    names = encoder(pictures[:, None], torch.ones(20, 1, dtype=torch.bool)).sks[:, 0]
    scores = head(model, "q", names) @ head(model, "k", pictures[:, 0]).T
    others = scores[~torch.eye(20, dtype=torch.bool)]
    assert scores.diagonal().mean() > others.mean() + 2 * others.std()


def test_a_name_does_not_look_at_rows(started: tuple[UnifiedModel, ConceptEncoder]) -> None:
    model, encoder = started
    pictures = tokens(model)
    rows = encoder(pictures[:, None], torch.ones(20, 1, dtype=torch.bool))
    name = head(model, "q", rows.sks[:, 0])
    to_rows = (name * head(model, "k", rows.und[:, 0])).sum(-1)
    assert (to_rows < (name * head(model, "k", pictures[:, 0])).sum(-1)).all()


def test_signs_lie_where_nothing_else_is(started: tuple[UnifiedModel, ConceptEncoder]) -> None:
    connector = started[0].connector
    assert isinstance(connector, WhitenedConnector)
    found = find_directions(connector)
    assert found is not None
    used = torch.cat([connector.basis, connector.glance], dim=1)
    signs = torch.stack([found.named, found.row, found.picture, found.written])
    assert (signs @ used).abs().max() < 1e-4
    assert (torch.cat([signs, found.copy]) @ signs.T - torch.eye(94, 4)).abs()[:4].max() < 1e-5


def test_what_is_written_of_looking_is_read_from_the_model(
    started: tuple[UnifiedModel, ConceptEncoder],
) -> None:
    model, connector = started[0], started[0].connector
    assert isinstance(connector, WhitenedConnector)
    found, along = find_directions(connector), told_along(model)
    assert found is not None and along is not None
    assert float(along @ found.written) == pytest.approx(1, abs=1e-4)


def test_a_model_without_room_is_left_alone() -> None:
    tiny = random_model(small.config("apart"), seed=1)
    add_lora(tiny, Generator().manual_seed(1))
    encoder = ConceptEncoder(tiny.config.trunk.understanding.hidden_size)
    encoder.start(torch.zeros(tiny.config.trunk.understanding.hidden_size))
    start_matching(tiny, encoder)
    assert not encoder.read.weight.any()
    assert told_along(tiny) is None
