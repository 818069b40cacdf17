"""Copying is started, not left to chance: a token takes what its row, or a source, has there."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from backbone.blank import random_model
from backbone.latents import latents_to_tokens
from backbone.mini.assembly import Parts, mini_config
from backbone.mini.copying import Frame, find_frame, hold, start_copying
from backbone.mini.generation import Example, flow_losses
from backbone.mini.row_encoder import CROP, RowEncoder
from backbone.mini.text_memory import TextMemory
from backbone.tokenizer import ByteTokenizer
from backbone.words import Words
from omni_errors import InputError
from tests.backbone import small

SIDE = CROP // 8
SHOWN = small.noise(40, 24, SIDE, SIDE), torch.ones(40, 1, SIDE, SIDE)


def make_parts(width: int) -> Parts:
    """Build omni-mini's generation side on a trunk of three layers."""
    config = mini_config()
    assert config.trunk.generation is not None
    narrow = replace(config.trunk.generation, hidden_size=width, intermediate_size=32)
    trunk = replace(
        config.trunk,
        vocab_size=260,
        num_hidden_layers=4,
        generation=narrow,
        generation_layers=(1, 2, 3),
    )
    model = random_model(replace(config, trunk=trunk, vision=None), seed=1)
    torch.manual_seed(1)
    rows = RowEncoder(config.patch_latent_dim // 4, width)
    return Parts(model, ByteTokenizer(), Words(model, ByteTokenizer()), rows)


@pytest.fixture(scope="module")
def started() -> tuple[Parts, Frame]:
    parts = make_parts(320)
    return parts, start_copying(parts, *SHOWN).frame


def states(parts: Parts, example: Example, layer: int = 3) -> Tensor:
    """Return the states ``[T, Dg]`` a layer is given; the last 64 are those of the picture."""
    kept: list[Tensor] = []
    block = parts.model.language_model.model.layers[layer]
    norm = block.get_submodule("input_layernorm_moe_gen")
    hook = norm.register_forward_hook(lambda _, given, out: kept.append(given[0]))
    with torch.no_grad():
        flow_losses(parts, TextMemory(parts), [example], Generator().manual_seed(0))
    hook.remove()
    return kept[0][0].float()


def seen(parts: Parts, example: Example) -> Tensor:
    """Return the states ``[64, Dg]`` of a picture's tokens after the heads."""
    return states(parts, example)[-64:]


def likeness(a: Tensor, b: Tensor) -> float:
    first, second = ((x - x.mean(0)).detach().flatten() for x in (a, b))
    return float(torch.nn.functional.cosine_similarity(first, second, dim=0))


def picture(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    cells = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.ascontiguousarray(cells.repeat(16, 0).repeat(16, 1))


def test_a_token_takes_its_quarter_of_its_row(started: tuple[Parts, Frame]) -> None:
    parts, frame = started
    mask = np.full((CROP, CROP), 255, np.uint8)
    tokens_after = seen(parts, Example("<sks>", picture(1), picture(2), mask))
    tokens = latents_to_tokens(parts.encode([picture(2)]), 2)[0]
    # as the first quarter of a row is written
    read = parts.rows.read.weight.view(320, 4, 4, 25)[:, :2, :2, :24].reshape(320, 96)
    wanted = (tokens - parts.rows.mean.repeat(4)) @ read.T @ frame.quarters[0].T
    assert likeness(tokens_after @ frame.quarters[0].T, wanted) > 0.97


def test_the_second_layer_is_given_rows_as_they_were_written(
    started: tuple[Parts, Frame],
) -> None:
    parts, _ = started
    mask = np.full((CROP, CROP), 255, np.uint8)
    given = states(parts, Example("<sks>", picture(1), picture(2), mask), layer=2)[:16]
    with torch.no_grad():
        written = parts.write_rows(parts.encode([picture(2)]), [mask])[0]
    assert (given - written).norm() < 0.02 * written.norm()


def test_a_token_takes_what_a_source_has_in_its_place(started: tuple[Parts, Frame]) -> None:
    parts, frame = started
    mask = np.zeros((CROP, CROP), np.uint8)
    tokens_after = seen(parts, Example("move it", picture(1), picture(2), mask, picture(3)))
    latents = latents_to_tokens(parts.encode([picture(3)]), 2)[0]
    wanted = parts.model.vae2llm(latents) @ frame.latent.T
    assert likeness(tokens_after @ frame.source().T, wanted) > 0.9


def test_where_there_is_a_source_the_lane_has_that_and_no_row(
    started: tuple[Parts, Frame],
) -> None:
    parts, frame = started
    mask = np.full((CROP, CROP), 255, np.uint8)
    given = [picture(1), picture(2), picture(4)]
    lanes = [
        seen(parts, Example("move it", picture(9), crop, mask, picture(3))) @ frame.quarters[0].T
        for crop in given
    ]
    tokens = latents_to_tokens(parts.encode([picture(3)]), 2)[0]
    read = parts.rows.read.weight.view(320, 4, 4, 25)[:, :2, :2, :24].reshape(320, 96)
    wanted = (tokens - tokens.mean(0)) @ read.T @ frame.quarters[0].T
    assert all(likeness(lane[:, :60], wanted[:, :60]) > 0.95 for lane in lanes)


def test_copying_begun_again_keeps_to_its_directions() -> None:
    parts = make_parts(320)
    first, again = (start_copying(parts, *SHOWN).frame for _ in range(2))
    shared = torch.linalg.svdvals(again.quarters[0] @ first.quarters[0].T)
    assert shared.mean() > 0.98
    torch.testing.assert_close(again.marks, first.marks, atol=1e-3, rtol=0)


def test_directions_are_each_used_for_one_thing(started: tuple[Parts, Frame]) -> None:
    _, frame = started
    every = [frame.latent, *frame.quarters[:3], frame.marks, frame.steady[None]]
    stacked = torch.cat(every)
    torch.testing.assert_close(stacked @ stacked.T, torch.eye(len(stacked)), atol=1e-4, rtol=0)


def test_a_narrow_expert_is_refused() -> None:
    with pytest.raises(InputError, match="too narrow"):
        find_frame(make_parts(192))


def test_where_heads_look_is_left_out_of_training(started: tuple[Parts, Frame]) -> None:
    parts, _ = started
    trained = parts.trainable()
    hold(parts)
    left = {name for name, p in trained.items() if not p.requires_grad}
    assert "language_model.model.layers.1.self_attn.q_proj_moe_gen.weight" in left
    assert "language_model.model.layers.2.self_attn.o_proj_moe_gen.weight" not in left
    assert "language_model.model.layers.3.self_attn.q_proj_moe_gen.weight" not in left
