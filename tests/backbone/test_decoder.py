"""What the trunk does with its two streams when the experts differ."""

from copy import deepcopy

import pytest
import torch

from backbone.blank import random_model
from backbone.concepts import ConceptTable
from backbone.context import Context, FlowQuery
from backbone.packing import LatentItem
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.small import noise


def test_generation_tokens_pass_unchanged_through_layers_without_their_expert() -> None:
    model = small.model("partial")
    layers = model.language_model.model.layers
    assert [layer.has_generation for layer in layers] == [False, True, False, True]
    context = Context(model)
    context.add(LatentItem(noise(16, 4, 4)))
    lengths = [keys.shape[2] for keys, _ in context.cache.layers]
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
    assert copy.cache.layers[0][0].shape[2] == 10
    assert context.cache.layers[0][0].shape[2] == 5


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
