"""Quantisation replaces the trunk's linear layers and nothing else."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from backbone import loading
from backbone.context import Context
from backbone.loading import LoadOptions, load_model
from backbone.packing import TextItem
from backbone.quantize import KINDS, shrinker, swap, trunk_linears
from omni_errors import InputError, ResourceError


class Coarse(nn.Module):
    """Stand in for a quantised layer: weights in steps of one eighth of the largest."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        step = linear.weight.abs().max() / 8
        self.register_buffer("codes", (linear.weight / step).round().to(torch.int8))
        self.step, self.bias = step, linear.bias

    def forward(self, x: Tensor) -> Tensor:
        codes = self.get_buffer("codes")
        return nn.functional.linear(x, codes.to(x.dtype) * self.step.to(x.dtype), self.bias)


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(kind: str) -> Callable[[nn.Linear], nn.Module]:
        return Coarse

    monkeypatch.setattr(loading, "shrinker", fake)


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("from_folder", [True, False])
def test_only_the_trunk_s_linear_layers_change(
    bagel_tiny: Path, kind: str, from_folder: bool
) -> None:
    source = bagel_tiny if from_folder else "tiny"
    model = load_model(source, options=LoadOptions(quantize=kind))
    changed = {name for name, module in model.named_modules() if isinstance(module, Coarse)}
    assert changed == set(trunk_linears(load_model(source)))
    assert len(changed) == 2 * 2 * 7
    assert not trunk_linears(model)


@pytest.mark.usefixtures("coarse")
def test_a_quantised_model_computes_in_bfloat16_nearly_as_before(bagel_tiny: Path) -> None:
    small = load_model(bagel_tiny, options=LoadOptions(quantize="int8"))
    assert small.dtype == torch.bfloat16
    one, two = (Context(m).add(TextItem((5, 6, 7))) for m in (small, load_model(bagel_tiny)))
    assert one is not None
    assert two is not None
    assert 0 < (one - two).abs().mean() < two.std()


@pytest.mark.usefixtures("coarse")
def test_the_environment_chooses_for_large_models_where_nobody_else_does(
    bagel_tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNI_QUANTIZE", "nf4")
    assert trunk_linears(load_model(bagel_tiny))
    monkeypatch.setattr("backbone.loading._LARGE", 1_000)
    assert not trunk_linears(load_model(bagel_tiny))
    assert trunk_linears(load_model(bagel_tiny, options=LoadOptions(quantize="none")))
    assert LoadOptions(placement="auto").settled(2_000).quantize is None
    monkeypatch.setenv("OMNI_QUANTIZE", "fp2")
    with pytest.raises(InputError, match="OMNI_QUANTIZE is 'fp2'; allowed are none, int8"):
        load_model(bagel_tiny)


@pytest.mark.usefixtures("coarse")
def test_quantised_weights_need_less_memory(bagel_tiny: Path) -> None:
    full, small = (LoadOptions(dtype="bfloat16", quantize=q) for q in (None, "nf4"))
    with pytest.raises(ResourceError):
        load_model(bagel_tiny, options=full, free=lambda device: 2_800_000)
    load_model(bagel_tiny, options=small, free=lambda device: 2_800_000)


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_package_the_command_is_named(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ResourceError) as caught:
        shrinker(kind)
    assert "pip install 'omnipersona[quantize]'" in caught.value.hint


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="int8 and nf4"):
        shrinker("fp2")


def test_only_linear_layers_can_be_swapped() -> None:
    with pytest.raises(TypeError):
        swap(load_model("tiny"), "connector", Coarse)
