"""Loading checks first, then reads only what is wanted, as it is wanted."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backbone.context import Context
from backbone.latents import sinusoid
from backbone.loading import LoadOptions, load_model
from backbone.model import UnifiedModel
from backbone.packing import TextItem
from omni_errors import (
    FolderError,
    InputError,
    NotFoundError,
    ResourceError,
    TensorError,
    TruncatedError,
)

UNDERSTANDING = LoadOptions(understanding_only=True)


@pytest.fixture
def folder(bagel_tiny: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bagel_tiny, tmp_path / "m", ignore=shutil.ignore_patterns("cases*"))


def read(model: UnifiedModel) -> torch.Tensor:
    hidden = Context(model).add(TextItem((5, 6, 7)))
    assert hidden is not None
    return hidden


def change(folder: Path, **tensors: torch.Tensor) -> None:
    save_file(load_file(folder / "ema.safetensors") | tensors, folder / "ema.safetensors")


def test_every_tensor_of_an_official_folder_arrives(bagel_tiny: Path) -> None:
    state = load_model(bagel_tiny).state_dict()
    for key, tensor in load_file(bagel_tiny / "ema.safetensors").items():
        torch.testing.assert_close(state[key], tensor, atol=1e-6, rtol=0)
    for key, tensor in load_file(bagel_tiny / "ae.safetensors").items():
        assert torch.equal(state[f"autoencoder.{key}"], tensor)


def test_a_loaded_model_is_frozen_and_in_inference_mode(bagel_tiny: Path) -> None:
    model = load_model(bagel_tiny)
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    assert not any(t.is_meta for t in model.state_dict().values())


def test_changing_loaded_weights_leaves_the_file_alone(folder: Path) -> None:
    before = (folder / "ema.safetensors").read_bytes()
    load_model(folder).vae2llm.weight.add_(1.0)
    assert (folder / "ema.safetensors").read_bytes() == before


def test_bfloat16_is_widened_for_a_cpu_without_it_while_memory_lasts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    tensors = load_file(folder / "ema.safetensors")
    change(folder, **{key: tensor.bfloat16() for key, tensor in tensors.items()})
    wide = load_model(folder)
    small = sum(t.nbytes for t in wide.state_dict().values()) - 1
    assert wide.dtype == torch.float32
    assert load_model(folder, free=lambda _: small).dtype == torch.bfloat16


def test_bfloat16_leaves_the_autoencoder_alone(bagel_tiny: Path) -> None:
    model = load_model(bagel_tiny, options=LoadOptions(dtype="bfloat16"))
    assert model.dtype == torch.bfloat16
    assert model.autoencoder is not None
    assert {p.dtype for p in model.autoencoder.parameters()} == {torch.float32}


def test_understanding_only_reads_the_same_with_fewer_weights(bagel_tiny: Path) -> None:
    whole, part = load_model(bagel_tiny), load_model(bagel_tiny, options=UNDERSTANDING)
    assert torch.equal(read(whole), read(part))
    names = " ".join(part.state_dict())
    assert not any(
        word in names
        for word in ("_moe_gen", "vae2llm", "llm2vae", "time_emb", "latent_pos", "autoencoder")
    )


def test_understanding_only_needs_no_autoencoder(folder: Path) -> None:
    (folder / "ae.safetensors").unlink()
    assert load_model(folder, options=UNDERSTANDING).autoencoder is None


def test_understanding_only_still_refuses_strangers(folder: Path) -> None:
    change(folder, stranger=torch.zeros(1))
    with pytest.raises(TensorError, match="stranger"):
        load_model(folder, options=UNDERSTANDING)


def test_tables_of_another_side_are_computed_anew(folder: Path, bagel_tiny: Path) -> None:
    change(folder, **{"latent_pos_embed.pos_embed": torch.zeros(4, 80)})
    expected = load_file(bagel_tiny / "ema.safetensors")["latent_pos_embed.pos_embed"]
    table = load_model(folder).latent_pos_embed.pos_embed
    torch.testing.assert_close(table, expected, atol=1e-6, rtol=0)


def test_too_little_memory_is_told_before_anything_is_read(bagel_tiny: Path) -> None:
    with pytest.raises(ResourceError, match=r"need 3.7 MB on cpu, but 1\.0 MB are free"):
        load_model(bagel_tiny, free=lambda device: 1_000_000)


def test_half_the_precision_needs_half_the_memory(bagel_tiny: Path) -> None:
    options = LoadOptions(dtype="bfloat16", understanding_only=True)
    load_model(bagel_tiny, options=options, free=lambda device: 600_000)
    with pytest.raises(ResourceError):
        load_model(bagel_tiny, options=UNDERSTANDING, free=lambda device: 600_000)


@pytest.mark.parametrize("name", ["ema.safetensors", "ae.safetensors"])
def test_a_file_cut_short_is_told(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TruncatedError, match=name):
        load_model(folder)


def test_the_seed_decides_random_weights() -> None:
    one, same, other = (load_model("tiny", options=LoadOptions(seed=s)) for s in (1, 1, 2))
    assert torch.equal(read(one), read(same))
    assert not torch.equal(read(one), read(other))


def test_a_name_that_is_nothing_lists_the_models() -> None:
    with pytest.raises(NotFoundError, match="tiny, medium, bagel"):
        load_model("nope")


@pytest.mark.parametrize("source", ["./nope", Path("nope")])
def test_a_path_that_is_nothing_is_told_as_a_folder(source: str | Path) -> None:
    with pytest.raises(FolderError, match="no model folder"):
        load_model(source)


def test_a_model_not_pulled_yet_says_how_to_get_it() -> None:
    with pytest.raises(FolderError) as caught:
        load_model("bagel")
    assert "omni model pull bagel" in caught.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"placement": "everywhere"},
        {"quantize": "int3"},
        {"quantize": "nf4", "placement": "auto"},
    ],
)
def test_wrong_options_are_told(options: dict[str, str]) -> None:
    with pytest.raises(InputError):
        LoadOptions(**options)  # type: ignore[arg-type]


def test_a_loaded_model_embeds_times_like_its_weights_say(bagel_tiny: Path) -> None:
    model, weights = load_model(bagel_tiny), load_file(bagel_tiny / "ema.safetensors")
    first = sinusoid(torch.tensor([0.5])) @ weights["time_embedder.mlp.0.weight"].T
    out = model.time_embedder.mlp[0](sinusoid(torch.tensor([0.5])))
    torch.testing.assert_close(out, first + weights["time_embedder.mlp.0.bias"])


def test_no_name_at_all_is_no_model() -> None:
    with pytest.raises(NotFoundError, match="no model ''"):
        load_model("")
