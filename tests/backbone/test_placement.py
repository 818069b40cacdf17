"""A model spread over devices computes what it computes on one."""

from pathlib import Path

import pytest
import torch

from backbone.blank import blank_model
from backbone.budget import working_bytes
from backbone.config import preset
from backbone.context import Context, FlowQuery
from backbone.loading import LoadOptions, load_model
from backbone.model import UnifiedModel
from backbone.packing import TextItem
from backbone.placement import plan
from omni_errors import InputError, ResourceError

# bytes of the fixture in float32: all parts but the two layers, and the layers
FIXED, LAYERS = 2_862_732, 835_200
# the seven parts the release forces onto the first device
FORCED = (
    "language_model.model.embed_tokens",
    "time_embedder",
    "latent_pos_embed",
    "vae2llm",
    "llm2vae",
    "connector",
    "vit_pos_embed",
)


def auto(cpu: int) -> LoadOptions:
    return LoadOptions(placement="auto", max_memory={"cpu": cpu})


def velocity(model: UnifiedModel) -> torch.Tensor:
    context = Context(model)
    context.add(TextItem((5, 6, 7)))
    noise = torch.randn(1, 24, 64, generator=torch.Generator().manual_seed(1))
    return FlowQuery(context, 4, 6)(noise, 0.5)


def test_layers_left_on_disk_compute_the_same(bagel_tiny: Path) -> None:
    whole, spread = load_model(bagel_tiny), load_model(bagel_tiny, options=auto(FIXED + 1000))
    away = {key for key, tensor in spread.state_dict().items() if tensor.is_meta}
    assert any(".layers.0." in key for key in away)
    assert any(".layers.1." in key for key in away)
    assert torch.equal(velocity(whole), velocity(spread))


def test_one_layer_on_disk_computes_the_same(bagel_tiny: Path) -> None:
    # Accelerate keeps room for one layer that passes through.
    model = load_model(bagel_tiny, options=auto(FIXED + LAYERS - 1))
    assert torch.equal(velocity(load_model(bagel_tiny)), velocity(model))


def test_bfloat16_layers_on_disk_are_rounded_alike(bagel_tiny: Path) -> None:
    bf16 = LoadOptions(dtype="bfloat16")
    options = LoadOptions(dtype="bfloat16", placement="auto", max_memory={"cpu": 2_600_000})
    spread = load_model(bagel_tiny, options=options)
    assert any(tensor.is_meta for tensor in spread.state_dict().values())
    assert torch.equal(velocity(load_model(bagel_tiny, options=bf16)), velocity(spread))


def test_with_enough_memory_nothing_is_left_on_disk(bagel_tiny: Path) -> None:
    model = load_model(bagel_tiny, options=auto(10**9))
    assert not any(tensor.is_meta for tensor in model.state_dict().values())


def test_two_gpus_share_the_layers_and_the_first_has_all_else() -> None:
    model = blank_model(preset("bagel"), torch.bfloat16)
    places = plan(model, {0: "20GiB", 1: "20GiB", "cpu": "64GiB"})
    assert {places[part] for part in FORCED} == {0}
    layers = [place for part, place in places.items() if ".layers." in part]
    assert len(layers) == 28
    assert set(layers) == {0, 1}
    assert layers == sorted(layers, key=str)


def test_small_memory_leaves_layers_to_the_disk() -> None:
    model = blank_model(preset("bagel"), torch.bfloat16)
    places = plan(model, {0: "12GiB", "cpu": "8GiB"})
    assert set(places.values()) == {0, "cpu", "disk"}


def test_what_cannot_move_has_to_fit() -> None:
    model = blank_model(preset("bagel"), torch.bfloat16)
    with pytest.raises(ResourceError, match="cannot be spread"):
        plan(model, {0: "1GiB", "cpu": "64GiB"})


def test_random_weights_cannot_be_left_on_disk() -> None:
    with pytest.raises(InputError, match="on disk"):
        load_model("tiny", options=auto(2_500_000))


def test_a_gpu_that_is_taken_whole_keeps_room_for_what_is_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = blank_model(preset("bagel"), torch.bfloat16)
    free: dict[int | str, int] = {0: 24_000_000_000, "cpu": 64_000_000_000}
    monkeypatch.setattr("accelerate.utils.get_max_memory", lambda asked: dict(asked or free))
    tight, told = plan(model), plan(model, free)
    needed = working_bytes(model)
    layer = sum(t.nbytes for t in model.language_model.model.layers[0].state_dict().values())
    fewer = list(told.values()).count(0) - list(tight.values()).count(0)
    assert 5_000_000_000 < needed and abs(fewer - needed / layer) <= 2
