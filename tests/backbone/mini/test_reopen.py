"""The shipped weights become runs again, from which the same weights are gathered."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from backbone.mini.fixed_map import FixedMap
from backbone.mini.reopen import reopen
from backbone.mini.understanding import MAP

FIXED = ("basis", "components", "glance", "mean", "telling")


def shipped() -> dict[str, torch.Tensor]:
    tensors = {f"connector.{name}": torch.full((4,), float(n)) for n, name in enumerate(FIXED)}
    tensors |= {"autoencoder.a": torch.ones(2), "lora.b": torch.ones(3), "rows.c": torch.ones(4)}
    return tensors | {"model.llm2vae.weight": torch.ones(5, dtype=torch.bfloat16)}


def test_each_tensor_lies_in_the_run_of_its_stage(tmp_path: Path) -> None:
    reopen(shipped(), torch.zeros(4), tmp_path)
    drawn = load_file(tmp_path / "generation" / "state.safetensors")
    assert {"average/rows.c", "average/llm2vae.weight"} <= drawn.keys()
    assert drawn["weight/llm2vae.weight"].dtype == torch.float32
    read = load_file(tmp_path / "understanding" / "state.safetensors")
    assert "average/lora.b" in read
    assert "average/a" in load_file(tmp_path / "autoencoder" / "state.safetensors")


def test_how_far_photographs_are_is_measured_again(tmp_path: Path) -> None:
    reopen(shipped(), torch.full((4,), 1.0), tmp_path)
    fixed = FixedMap(**load_file(tmp_path / "understanding" / MAP))
    assert torch.equal(fixed.shift, fixed.mean - 1.0)
