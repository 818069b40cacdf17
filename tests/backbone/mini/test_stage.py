"""A run that was killed ends where one that was not ends."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from backbone.mini.stage import Schedule, Stage
from omni_errors import FolderError


def loss_of(layer: nn.Linear) -> Callable[[int], dict[str, Tensor]]:
    def losses(step: int) -> dict[str, Tensor]:
        x = torch.randn(8, 3, generator=Generator().manual_seed(step))
        return {"total": (layer(x) - x.sum(1, keepdim=True)).square().mean()}

    return losses


def trained(folder: Path, stops: list[int], orthogonal: tuple[str, ...] = ()) -> dict[str, Tensor]:
    for steps in stops:
        torch.manual_seed(0)
        layer = nn.Linear(3, 1)
        # The schedule is that of the whole run; a shorter one stands for the kill.
        schedule = Schedule(30, 0.05, warmup=5, log_every=10)
        parameters = dict(layer.named_parameters())
        stage = Stage(folder, parameters, schedule, orthogonal=orthogonal)
        while stage.step < steps:
            stage._update(loss_of(layer))
        stage.save()
    return {name: p.detach().clone() for name, p in stage.parameters.items()}


@pytest.mark.parametrize("orthogonal", [(), ("weight",)])
def test_a_killed_run_goes_on_to_the_same_weights(
    tmp_path: Path, orthogonal: tuple[str, ...]
) -> None:
    whole = trained(tmp_path / "a", [30], orthogonal)
    parted = trained(tmp_path / "b", [11, 23, 30], orthogonal)
    assert all(torch.equal(whole[name], parted[name]) for name in whole)


def test_a_run_of_so_many_seconds_does_not_begin_its_time_anew(tmp_path: Path) -> None:
    layer, schedule = nn.Linear(3, 1), Schedule(1, 0.05, seconds=5.0)
    stage = Stage(tmp_path, dict(layer.named_parameters()), schedule)
    stage.elapsed = 5.0
    stage.save()
    again = Stage(tmp_path, dict(layer.named_parameters()), schedule)
    again.run(loss_of(layer))
    assert (again.step, again.elapsed) == (0, 5.0)


def test_a_run_of_another_layout_is_refused(tmp_path: Path) -> None:
    Stage(tmp_path, dict(nn.Linear(3, 1).named_parameters()), Schedule(1, 0.05)).save()
    other = dict(nn.Sequential(nn.Linear(3, 1)).named_parameters())
    with pytest.raises(FolderError, match=r"another layout: it has no weight/0\.weight"):
        Stage(tmp_path, other, Schedule(1, 0.05))


def test_training_lowers_the_loss_and_writes_it_down(tmp_path: Path) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(3, 1)
    stage = Stage(tmp_path, dict(layer.named_parameters()), Schedule(200, 0.1, log_every=50))
    stage.run(loss_of(layer))
    rows = (tmp_path / "log.jsonl").read_text().splitlines()
    assert len(rows) == 4
    assert loss_of(layer)(0)["total"] < 0.05


def test_the_rate_rises_then_falls() -> None:
    schedule = Schedule(1000, 1.0, warmup=100)
    rates = [schedule.rate_at(step) for step in (0, 99, 100, 550, 999)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[1] == rates[2] == pytest.approx(1.0)
    assert rates[3] == pytest.approx(0.51)
    assert rates[4] == pytest.approx(0.02, abs=1e-3)


def test_a_run_of_so_many_seconds_follows_the_time() -> None:
    schedule = Schedule(1, 1.0, warmup=2, seconds=100.0)
    assert schedule.rate_at(1, 50.0) == 1.0
    assert schedule.rate_at(7, 50.0) == pytest.approx(0.51)
    assert schedule.done(10**6, 50.0) == 0.5
    assert schedule.done(0, 101.0) == 1.0


def test_averages_follow_the_weights(tmp_path: Path) -> None:
    layer = nn.Linear(3, 1)
    stage = Stage(tmp_path, dict(layer.named_parameters()), Schedule(50, 0.01))
    for _ in range(50):
        stage._update(loss_of(layer))
    gap = (stage.averages["weight"] - layer.weight.detach()).abs().max()
    assert 0 < gap < 0.2


def test_a_short_run_saves_on_its_way() -> None:
    assert Schedule(30, 0.05).pause == 300
    assert Schedule(30, 0.05, seconds=240).pause == 40
    assert Schedule(30, 0.05, seconds=86400).pause == 300
