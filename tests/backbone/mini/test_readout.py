"""What rows say reaches the picture as it is, whatever training does around it."""

from pathlib import Path

import pytest
import torch

from backbone.mini.assembly import Parts
from backbone.mini.copying import Copying, read_less, start_copying
from backbone.mini.readout import Lane, load_lane, start_readout, unsteady
from tests.backbone import small
from tests.backbone.mini.test_copying import SHOWN, make_parts


def started() -> tuple[Parts, Copying, Lane]:
    parts = make_parts(320)
    copying = start_copying(parts, *SHOWN)
    states = small.noise(200, 320) + copying.gain * copying.frame.quarters[0, -4:].sum(0)
    return parts, copying, start_readout(parts, copying, states, small.noise(200, 96))


def read(parts: Parts, copying: Copying, components: torch.Tensor) -> torch.Tensor:
    """Let the head read states of the usual size that hold components ``[n, 60]``."""
    held = components @ copying.frame.quarters[0][: components.shape[1]] * copying.gain
    said: torch.Tensor = parts.model.llm2vae(held)
    return (said - parts.model.llm2vae.bias).detach()


def test_the_head_gives_copied_components_back() -> None:
    parts, copying, _ = started()
    wanted = small.noise(5, 60)
    found = read(parts, copying, wanted) @ copying.main().T
    cosine = torch.nn.functional.cosine_similarity(found.flatten(), wanted.flatten(), dim=0)
    assert cosine > 0.999


def test_what_training_does_to_the_lane_is_undone() -> None:
    parts, copying, lane = started()
    before = read(parts, copying, torch.eye(60))
    with torch.no_grad():
        for name, parameter in parts.trainable().items():
            if "o_proj" in name or "down_proj" in name or name == "llm2vae.weight":
                parameter.add_(0.1 * small.noise(*parameter.shape))
    lane.mend(parts)
    torch.testing.assert_close(read(parts, copying, torch.eye(60)), before, atol=0.01, rtol=0)
    down = parts.model.language_model.model.layers[3].get_parameter("mlp_moe_gen.down_proj.weight")
    torch.testing.assert_close(lane.directions @ down, torch.zeros(64, 32), atol=1e-5, rtol=0)


def test_copying_more_changes_nothing_that_layers_read_of_it() -> None:
    parts, copying, _ = started()
    lane, layer = copying.frame.quarters[0], parts.model.language_model.model.layers[3]
    gate = layer.get_parameter("mlp_moe_gen.gate_proj.weight")
    before = gate.detach() @ lane.T
    with torch.no_grad():
        read_less(parts, lane, 0.25)
    torch.testing.assert_close(gate.detach() @ lane.T, 0.25 * before, atol=1e-5, rtol=0)


def test_states_of_another_size_cost() -> None:
    states = torch.ones(5, 320)
    assert unsteady(states, 1.0) == 0
    assert unsteady(2 * states, 1.0) == pytest.approx(1.0)


def test_a_saved_lane_is_the_same_again(tmp_path: Path) -> None:
    _, _, lane = started()
    lane.save(tmp_path / "lane.safetensors")
    again = load_lane(tmp_path / "lane.safetensors")
    assert (again.copies[0], again.size) == (lane.copies[0], lane.size)
    assert torch.equal(again.reads, lane.reads)
    assert torch.equal(again.copies[1], lane.copies[1])
