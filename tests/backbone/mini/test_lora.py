"""Updates start as nothing, and merging changes no output."""

import pytest
import torch
from torch import Generator, Tensor

from backbone.context import Context
from backbone.mini.lora import LoraLinear, LoraOptions, add_lora, merge, without_lora
from backbone.model import UnifiedModel
from tests.backbone import small


@pytest.fixture
def model() -> UnifiedModel:
    made = UnifiedModel(small.config("apart"))
    made.load_state_dict(small.model("apart").state_dict())
    return made.eval().requires_grad_(False)


def states(model: UnifiedModel) -> Tensor:
    hidden = Context(model).add(small.text("what is here?"))
    assert hidden is not None
    return hidden


@torch.no_grad()
def trained(
    model: UnifiedModel, options: LoraOptions | None = None
) -> dict[str, torch.nn.Parameter]:
    parameters = add_lora(model, Generator().manual_seed(1), options)
    for number, parameter in enumerate(parameters.values()):
        parameter.add_(0.05 * small.noise(*parameter.shape, seed=number))
    return parameters


def test_an_update_starts_as_nothing(model: UnifiedModel) -> None:
    before = states(model)
    parameters = add_lora(model, Generator())
    assert torch.equal(states(model), before)
    assert len(parameters) == 4 * 4 * 2


def test_a_merged_model_gives_what_the_wrapped_one_gave(model: UnifiedModel) -> None:
    before = states(model)
    trained(model)
    wrapped = states(model)
    merge(model)
    torch.testing.assert_close(states(model), wrapped, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(wrapped, before, atol=1e-3)


def test_a_merged_model_has_the_names_it_had(model: UnifiedModel) -> None:
    names = list(model.state_dict())
    trained(model)
    merge(model)
    assert list(model.state_dict()) == names
    assert not any(isinstance(module, LoraLinear) for module in model.modules())


def test_updates_can_be_left_out_for_a_while(model: UnifiedModel) -> None:
    before = states(model)
    trained(model)
    after = states(model)
    with without_lora(model):
        assert torch.equal(states(model), before)
    assert torch.equal(states(model), after)


def test_only_the_chosen_layers_are_wrapped(model: UnifiedModel) -> None:
    parameters = trained(model, LoraOptions(rank=2, projections=("q_proj",), layers=(3,)))
    assert list(parameters) == ["3.q_proj.down", "3.q_proj.up"]
    assert parameters["3.q_proj.down"].shape == (2, 80)
