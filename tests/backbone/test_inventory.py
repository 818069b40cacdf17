"""A folder's tensors are found and compared before any is loaded."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backbone.blank import blank_model
from backbone.folder import read_config
from backbone.inventory import TABLES, check_tensors, take_inventory
from omni_errors import FolderError, TensorError


@pytest.fixture
def folder(bagel_tiny: Path, tmp_path: Path) -> Path:
    return shutil.copytree(bagel_tiny, tmp_path / "m", ignore=shutil.ignore_patterns("cases*"))


def needed(folder: Path) -> dict[str, tuple[int, ...]]:
    state = blank_model(read_config(folder)).state_dict()
    return {key: tuple(tensor.shape) for key, tensor in state.items()}


def change(folder: Path, **tensors: torch.Tensor | None) -> None:
    """Replace tensors of the main weights, or leave them out for None."""
    kept = load_file(folder / "ema.safetensors") | tensors
    save_file({k: v for k, v in kept.items() if v is not None}, folder / "ema.safetensors")


def shard(folder: Path) -> None:
    """Split the main weights into two files and an index."""
    tensors = load_file(folder / "ema.safetensors")
    names = {key: f"part-{i % 2}.safetensors" for i, key in enumerate(sorted(tensors))}
    for name in set(names.values()):
        save_file({k: tensors[k] for k in names if names[k] == name}, folder / name)
    (folder / "ema.safetensors").unlink()
    index = json.dumps({"metadata": {}, "weight_map": names})
    (folder / "ema.safetensors.index.json").write_text(index)


def test_an_official_folder_has_exactly_the_model_s_tensors(folder: Path) -> None:
    assert set(take_inventory(folder)) == set(needed(folder))


def test_shards_count_as_one(folder: Path) -> None:
    whole = set(take_inventory(folder))
    shard(folder)
    assert set(take_inventory(folder)) == whole


def test_a_missing_shard_is_named(folder: Path) -> None:
    shard(folder)
    (folder / "part-1.safetensors").unlink()
    with pytest.raises(FolderError, match="part-1"):
        take_inventory(folder)


@pytest.mark.parametrize("name", ["../ae.safetensors", "/etc/passwd"])
def test_an_index_cannot_point_outside(folder: Path, name: str) -> None:
    (folder / "ema.safetensors").unlink()
    index = json.dumps({"weight_map": {"a": name}})
    (folder / "m.safetensors.index.json").write_text(index)
    with pytest.raises(FolderError, match="outside"):
        take_inventory(folder)


def test_a_folder_without_weights_is_told(folder: Path) -> None:
    (folder / "ema.safetensors").unlink()
    with pytest.raises(FolderError, match="no weights"):
        take_inventory(folder)


def test_a_missing_autoencoder_is_told(folder: Path) -> None:
    (folder / "ae.safetensors").unlink()
    with pytest.raises(FolderError, match="ae.safetensors"):
        check_tensors(take_inventory(folder), needed(folder), folder)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rows", [None, 7])
def test_tables_may_lack_or_differ(folder: Path, table: str, rows: int | None) -> None:
    change(folder, **{table: None if rows is None else torch.zeros(rows, 80)})
    check_tensors(take_inventory(folder), needed(folder), folder)


@pytest.mark.parametrize(
    ("tensor", "word"),
    [(None, "lacks"), (torch.zeros(3, 3), "shape"), (torch.zeros(80, 64).T, "shape")],
)
def test_a_tensor_that_does_not_fit_is_named(
    folder: Path, tensor: torch.Tensor | None, word: str
) -> None:
    change(folder, **{"vae2llm.weight": None if tensor is None else tensor.contiguous()})
    with pytest.raises(TensorError, match=rf"{word}.*|vae2llm.weight.*{word}") as caught:
        check_tensors(take_inventory(folder), needed(folder), folder)
    assert "vae2llm.weight" in str(caught.value)


def test_an_unknown_tensor_is_refused(folder: Path) -> None:
    change(folder, stranger=torch.zeros(1))
    with pytest.raises(TensorError, match="stranger"):
        check_tensors(take_inventory(folder), needed(folder), folder)


def test_a_tensor_in_two_files_is_refused(folder: Path) -> None:
    change(folder, **{"autoencoder.decoder.conv_in.bias": torch.zeros(1)})
    with pytest.raises(TensorError, match="two files"):
        take_inventory(folder)
