"""Heads that are started to match look at tokens whose image is like their own."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from backbone.blank import random_model
from backbone.config import BackboneConfig
from backbone.mini.lora import LoraOptions, add_lora
from backbone.mini.matching import start_matching
from backbone.model import UnifiedModel
from tests.backbone import small


@pytest.fixture(scope="module")
def model() -> UnifiedModel:
    config: BackboneConfig = small.config("apart")
    trunk = config.trunk
    heads = replace(trunk.understanding, num_attention_heads=3)
    trunk = replace(trunk, head_dim=64, num_key_value_heads=3, understanding=heads, generation=None)
    return random_model(replace(config, trunk=trunk), seed=1)


def test_like_images_attend_to_each_other(model: UnifiedModel) -> None:
    width = model.config.trunk.understanding.hidden_size
    glance, _ = torch.linalg.qr(small.noise(width, width))
    add_lora(model, Generator().manual_seed(1), LoraOptions(wide=((0, 48), (1, 48))))
    start_matching(model, glance)
    layer = model.language_model.model.layers[0]
    tokens = small.noise(20, width, seed=3) @ glance[:, :48] @ glance[:, :48].T
    seen = layer.get_submodule("input_layernorm")(tokens)
    query, key = (layer.get_submodule(f"self_attn.{n}_proj")(seen)[:, :64] for n in "qk")
    scores = query @ key.T
    others = scores[~torch.eye(20, dtype=torch.bool)]
    assert scores.diagonal().mean() > others.mean() + 3 * others.std()
