"""Models before their weights, and weights that follow from a seed."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from backbone.blank import blank_model, random_model
from backbone.config import EfficientNetConfig, ImageTransform, preset
from backbone.model import UnifiedModel
from tests.backbone import small


def test_a_blank_model_takes_no_memory() -> None:
    assert all(t.is_meta for t in blank_model(preset("bagel")).state_dict().values())


def test_a_blank_model_loads_no_compiler() -> None:
    code = (
        "import sys; from backbone.blank import blank_model; from backbone.config import preset; "
        "[blank_model(preset(name)) for name in ('omni-mini', 'bagel')]; "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert not subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_a_blank_model_keeps_its_autoencoder_in_float32() -> None:
    state = blank_model(preset("tiny"), torch.bfloat16).state_dict()
    kinds = {key.startswith("autoencoder."): tensor.dtype for key, tensor in state.items()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}


def test_the_same_seed_gives_the_same_weights() -> None:
    one, two = (random_model(preset("tiny"), seed=5).state_dict() for _ in range(2))
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_another_seed_gives_other_weights() -> None:
    one, two = (random_model(preset("tiny"), seed=s).vae2llm.weight for s in (0, 1))
    assert not torch.equal(one, two)


def test_understanding_weights_do_not_depend_on_the_rest() -> None:
    whole = random_model(preset("tiny")).state_dict()
    part = random_model(preset("tiny").understanding_only()).state_dict()
    assert len(part) < len(whole)
    assert all(torch.equal(tensor, whole[key]) for key, tensor in part.items())


def test_no_matrix_is_zero_so_that_a_picture_shows() -> None:
    model = random_model(preset("tiny"))
    assert all(p.std() > 0 for p in model.parameters() if p.dim() > 1)


def test_global_random_numbers_are_left_alone() -> None:
    before = torch.random.get_rng_state()
    random_model(preset("tiny"))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_random_model_is_frozen_and_in_inference_mode() -> None:
    model = random_model(preset("tiny"))
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("seed", [0, 1])
def test_a_pretrained_encoder_keeps_its_weights(seed: int) -> None:
    strides = ImageTransform(224, 64, 32)
    config = replace(preset("tiny"), vision=EfficientNetConfig(), vit_transform=strides)
    stem = random_model(config, seed).state_dict()["vit_model.net._conv_stem.weight"]
    other = random_model(config, seed + 10).state_dict()["vit_model.net._conv_stem.weight"]
    assert torch.equal(stem, other)


def test_a_model_made_with_data_draws_its_tables() -> None:
    model = UnifiedModel(small.config())
    tables = [module for module in model.modules() if isinstance(module, torch.nn.Embedding)]
    assert len(tables) == 2
    assert all(abs(table.weight.std() - 1) < 0.2 and table.weight.requires_grad for table in tables)
