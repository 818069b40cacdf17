"""What the trunk does with its two streams when the experts differ."""

from copy import deepcopy

import pytest
import torch

from backbone.blank import random_model
from backbone.concepts import ConceptTable
from backbone.context import Context, FlowQuery
from backbone.packing import LatentItem
from backbone.positions import apply_rope, grid_places, grid_tables
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.small import noise


def test_generation_tokens_pass_unchanged_through_layers_without_their_expert() -> None:
    model = small.model("partial")
    layers = model.language_model.model.layers
    assert [layer.has_generation for layer in layers] == [False, True, False, True]
    context = Context(model)
    context.add(LatentItem(noise(16, 4, 4)))
    lengths = [context.cache.at(i)[0].shape[2] for i in range(4)]
    assert lengths == [2, 6, 2, 6]
    assert (context.cache.length, context.cache.und_length) == (6, 2)


def test_a_narrow_expert_has_its_own_heads_and_no_norms() -> None:
    start = "language_model.model.layers.0.self_attn."
    shapes = {
        name.removeprefix(start): tuple(parameter.shape)
        for name, parameter in small.model("narrow").named_parameters()
        if name.startswith(start)
    }
    assert shapes["q_proj_moe_gen.weight"] == (2 * 20, 48)
    assert shapes["k_proj_moe_gen.weight"] == (2 * 20, 48)
    assert shapes["k_proj.weight"] == (2 * 20, 80)
    assert {"q_norm.weight", "q_proj.bias"} <= set(shapes)
    assert not {"q_norm_moe_gen.weight", "q_proj_moe_gen.bias"} & set(shapes)


@pytest.mark.parametrize("shape", ["narrow", "partial"])
def test_the_picture_sees_the_text_and_the_text_not_the_picture(shape: str) -> None:
    model, x = small.model(shape), noise(1, 4, 64)
    velocities = []
    for words in ("a cat", "a dog"):
        context = Context(model)
        context.add(small.text(words))
        before = context.cache
        velocities.append(FlowQuery(context, 2, 2)(x, 0.5))
        assert context.cache is before
    assert not torch.allclose(velocities[0], velocities[1])


def test_copies_of_a_context_share_what_they_read() -> None:
    context = Context(small.model())
    context.add(small.text("one"))
    copy = context.copy()
    copy.add(small.text("two"))
    assert context.length == 5
    assert copy.cache.at(0)[0].shape[2] == 10
    assert context.cache.at(0)[0].shape[2] == 5


def test_nothing_depends_on_the_modules_training_flag() -> None:
    model = small.model()
    hidden = []
    for mode in (True, False):
        model.train(mode)
        context = Context(model)
        hidden.append(context.add(small.text("one")))
    model.eval()
    assert hidden[0] is not None and hidden[1] is not None
    assert torch.equal(hidden[0], hidden[1])


def test_generation_tokens_in_an_understanding_only_model_are_refused() -> None:
    model = random_model(small.config().understanding_only())
    context = Context(model, ConceptTable(260, [small.concept()]))
    rows = context.table.rows("maeve", "understand")
    with pytest.raises(InputError, match="without its generation expert"):
        context.add(type(small.text(""))(tuple(rows)))


def test_bfloat16_stays_close_to_float32() -> None:
    model = small.model()
    coarse = deepcopy(model).to(torch.bfloat16)
    values = []
    for precision in (model, coarse):
        context = Context(precision)
        context.add(small.text("a cat"))
        values.append(FlowQuery(context, 2, 2)(noise(1, 4, 64), 0.5))
    assert (values[0] - values[1]).norm() / values[0].norm() < 0.05


def test_understanding_set_apart_never_notices_generation_tokens() -> None:
    hidden = []
    for latents in (0, 1, 3):
        context = Context(small.model("apart"))
        context.add(small.text("one"))
        for number in range(latents):
            context.add(LatentItem(noise(16, 4, 4, seed=number)))
        # pictures take positions, too: put the text where it is without them
        context._rope = 5
        hidden.append(context.add(small.text("two")))
    without, *others = (h for h in hidden if h is not None)
    for other in others:
        torch.testing.assert_close(other, without, atol=1e-5, rtol=0)


def test_without_markers_a_flow_step_runs_generation_tokens_alone() -> None:
    context = Context(small.model("apart"))
    context.add(small.text("a cat"))
    query = FlowQuery(context, 2, 2)
    assert query.markers is None
    assert query(noise(1, 4, 64), 0.5).shape == (1, 4, 64)


def test_a_data_head_and_its_velocity_agree() -> None:
    model, hidden, x = small.model("apart"), noise(1, 4, 48), noise(1, 4, 64)
    t = torch.full((1, 4), 0.5)
    data = model.llm2vae(hidden)
    v = model.velocity(hidden, x, t)
    torch.testing.assert_close(x - 0.5 * v, data, atol=1e-5, rtol=0)


def test_a_grid_makes_moved_pictures_differ_and_keeps_distances() -> None:
    rows, columns = grid_places(8, 8)
    assert (rows[:9], columns[:9]) == ([0] * 8 + [64], [0, 64, 128, 192, 256, 320, 384, 448, 0])
    assert grid_places(4, 4)[1][:4] == [32, 160, 288, 416]
    cos, sin = grid_tables(torch.tensor(rows), torch.tensor(columns), 20, 100.0)
    x = noise(1, 1, 1, 20).expand(1, 1, 64, 20)
    turned = apply_rope(x, cos[None], sin[None])[0, 0]
    # One step right is one step right wherever it is taken, and unlike one step down.
    assert (turned[0] @ turned[1]).item() == pytest.approx(
        (turned[9] @ turned[10]).item(), abs=1e-4
    )
    assert abs((turned[0] @ turned[1]).item() - (turned[0] @ turned[8]).item()) > 1e-3
