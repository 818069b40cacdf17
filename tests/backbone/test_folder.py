"""Model folders are read and written whole."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from backbone.blank import blank_model, random_model
from backbone.config import preset
from backbone.folder import read_config, save_folder
from backbone.loading import load_model
from omni_errors import FolderError, InputError, UsageError


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "mine"
    save_folder(random_model(preset("tiny"), seed=3), folder)
    return folder


def test_what_was_saved_is_read_back(saved: Path) -> None:
    assert read_config(saved) == preset("tiny")
    expected = random_model(preset("tiny"), seed=3).state_dict()
    for key, tensor in load_model(saved).state_dict().items():
        assert torch.equal(tensor, expected[key]), key


def test_both_formats_hold_the_same_model(bagel_tiny: Path, tmp_path: Path) -> None:
    official = load_model(bagel_tiny)
    save_folder(official, tmp_path / "own")
    own = load_model(tmp_path / "own").state_dict()
    assert all(torch.equal(own[key], t) for key, t in official.state_dict().items())


def test_nothing_but_the_folder_is_left_behind(saved: Path) -> None:
    assert [p.name for p in saved.parent.iterdir()] == ["mine"]
    assert sorted(p.name for p in saved.iterdir()) == ["model.safetensors", "omni.json"]


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        save_folder(random_model(preset("tiny")), tmp_path / "half")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_not_overwritten(saved: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        save_folder(random_model(preset("tiny")), saved)


def test_tokenizer_files_go_along(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    save_folder(random_model(preset("tiny")), tmp_path / "m", tokenizer=tmp_path)
    assert (tmp_path / "m" / "tokenizer.json").read_text() == "{}"


def test_weights_without_memory_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="offloaded"):
        save_folder(blank_model(preset("tiny")), tmp_path / "m")
    assert not os.listdir(tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no model folder"):
        read_config(tmp_path / "none")


@pytest.mark.parametrize("damage", ['{"trunk": {}}', '{"trunk": 1}', '{"a": 1}', "[]", "{"])
def test_a_broken_config_is_told(saved: Path, tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(saved, tmp_path / "copy")
    (folder / "omni.json").write_text(damage)
    with pytest.raises(FolderError, match="omni.json"):
        read_config(folder)


def test_an_unknown_key_of_a_config_is_named(saved: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(saved, tmp_path / "copy")
    data = json.loads((folder / "omni.json").read_text())
    (folder / "omni.json").write_text(json.dumps(data | {"colour": "red"}))
    with pytest.raises(FolderError, match="colour"):
        read_config(folder)
