"""One stage of the recipe: a run in a folder that can be killed and goes on where it was.

A run keeps its weights, its averaged weights and its optimiser's state as safetensors and its
numbers as JSON lines. Data of step n must follow from the seed and n alone.
"""

import json
import math
import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from omni_errors import FolderError

__all__ = ["Schedule", "Stage", "check_layout"]


@dataclass(frozen=True)
class Schedule:
    """Say how long a run is and how its learning rate moves: up, then down a cosine."""

    steps: int
    rate: float
    warmup: int = 100
    # share of the rate that is left at the end
    floor: float = 0.02
    # seconds between checkpoints, at most
    save_every: float = 300.0
    log_every: int = 20
    # decay of the averaged weights, reached as the run grows
    average: float = 0.999
    # ends then, and the rate follows the time instead of the steps
    seconds: float | None = None

    @property
    def pause(self) -> float:
        """Return the seconds between checkpoints: a short run has some, too."""
        return self.save_every if self.seconds is None else min(self.save_every, self.seconds / 6)

    def done(self, step: int, elapsed: float = 0.0) -> float:
        """Return the share of the run that is over, from a step and the seconds it took."""
        if self.seconds is not None:
            return min(elapsed / self.seconds, 1.0)
        return step / max(self.steps, 1)

    def rate_at(self, step: int, elapsed: float = 0.0) -> float:
        """Return the learning rate of a step."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        first = 0.0 if self.seconds is not None else self.warmup / max(self.steps, 1)
        done = max(self.done(step, elapsed) - first, 0.0) / max(1 - first, 1e-9)
        return self.rate * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done)))


class Stage:
    """Train named parameters in a folder; construct it again to go on.

    The matrices named in ``orthogonal`` are moved by Muon, at the step size AdamW would take;
    everything else by AdamW. Those named in ``slow`` move at a tenth of the rate.
    """

    def __init__(
        self,
        folder: Path,
        parameters: dict[str, nn.Parameter],
        schedule: Schedule,
        *,
        orthogonal: Collection[str] = (),
        slow: Collection[str] = (),
    ) -> None:
        self.folder, self.parameters, self.schedule = folder, parameters, schedule
        matrices = [parameters[name] for name in orthogonal]
        plain = {name: p for name, p in parameters.items() if name not in orthogonal}
        groups = _groups({n: p for n, p in plain.items() if n not in slow}, 1.0)
        groups += _groups({n: p for n, p in plain.items() if n in slow}, 0.1)
        self.optimizers = _optimizers(groups, matrices, schedule)
        self.averages = {name: p.detach().clone() for name, p in parameters.items()}
        self.step, self.elapsed = 0, 0.0
        # what puts right after a step what must stay as it is
        self.mend: Callable[[], None] | None = None
        self._resume()

    def run(self, loss_of: Callable[[int], dict[str, Tensor]]) -> None:
        """Train to the end of the schedule.

        ``loss_of(step)`` returns losses by name; the one called "total" is minimised.
        """
        last_save = last_log = time.monotonic()
        begun = last_log - self.elapsed
        while self.schedule.done(self.step, self.elapsed) < 1:
            losses = self._update(loss_of)
            self.elapsed = time.monotonic() - begun
            if self.step % self.schedule.log_every == 0:
                now = time.monotonic()
                self._log(losses, (now - last_log) / self.schedule.log_every)
                last_log = now
            if time.monotonic() - last_save > self.schedule.pause:
                self.save()
                last_save = time.monotonic()
        self.save()

    def _update(self, loss_of: Callable[[int], dict[str, Tensor]]) -> dict[str, Tensor]:
        losses = loss_of(self.step)
        for optimizer in self.optimizers:
            rate = self.schedule.rate_at(self.step, self.elapsed)
            for group in optimizer.param_groups:
                group["lr"] = rate * group.get("share", 1.0)
            optimizer.zero_grad()
        losses["total"].backward()
        nn.utils.clip_grad_norm_(self.parameters.values(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        if self.mend is not None:
            self.mend()
        self.step += 1
        self._average()
        return losses

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.schedule.average, (1 + self.step) / (10 + self.step))
        for name, parameter in self.parameters.items():
            self.averages[name].lerp_(parameter.detach().float(), 1 - decay)

    def _log(self, losses: dict[str, Tensor], seconds: float) -> None:
        row = {"step": self.step, "seconds": round(seconds, 4)}
        row |= {name: round(value.item(), 5) for name, value in losses.items()}
        print(json.dumps(row), flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    def save(self) -> None:
        """Write the run's state; a kill while writing leaves the one before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"weight/{n}": p.detach().contiguous() for n, p in self.parameters.items()}
        tensors |= {f"average/{n}": a.contiguous() for n, a in self.averages.items()}
        for name, parameter in self.parameters.items():
            state = self._state(parameter)
            tensors |= {f"{key}/{name}": value for key, value in _tensors(state)}
        part = self.folder / "state.part"
        told = {"step": str(self.step), "seconds": str(self.elapsed)}
        save_file(tensors, part, metadata=told)
        os.replace(part, self.folder / "state.safetensors")

    def _owner(self, parameter: nn.Parameter) -> torch.optim.Optimizer:
        for optimizer in self.optimizers:
            if any(p is parameter for group in optimizer.param_groups for p in group["params"]):
                return optimizer
        raise ValueError("every parameter has an optimiser")

    def _state(self, parameter: nn.Parameter) -> dict[str, Any]:
        state: dict[str, Any] = self._owner(parameter).state.get(parameter, {})
        return state

    def _resume(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "state.safetensors"
        if not path.is_file():
            return
        tensors = load_file(path)
        check_layout(self.folder, (f"weight/{name}" for name in self.parameters), tensors)
        for name, parameter in self.parameters.items():
            parameter.data.copy_(tensors[f"weight/{name}"])
            self.averages[name].copy_(tensors[f"average/{name}"])
            self._owner(parameter).state[parameter] = {
                key: _like(tensors[f"{key}/{name}"], parameter, key)
                for key in ("step", "exp_avg", "exp_avg_sq", "momentum_buffer")
                if f"{key}/{name}" in tensors
            }
        with safe_open(path, "pt") as file:
            self.step = int(file.metadata()["step"])
            self.elapsed = float(file.metadata().get("seconds", 0.0))


def check_layout(folder: Path, names: Iterable[str], tensors: Collection[str]) -> None:
    """Refuse a run of a model that has other layers.

    Raises:
        FolderError: naming what it lacks.
    """
    lacking = next((name for name in names if name not in tensors), None)
    if lacking is not None:
        raise FolderError(
            f"{folder} is a run of another layout: it has no {lacking}.",
            hint="Give it as --start of a new run.",
        )


def _like(kept: Tensor, parameter: nn.Parameter, key: str) -> Tensor:
    """Put an optimiser's tensor where its parameter is; counts of steps stay."""
    return kept if key == "step" else kept.to(parameter.device)


def _tensors(state: dict[str, Any]) -> Iterable[tuple[str, Tensor]]:
    return ((key, value) for key, value in state.items() if isinstance(value, Tensor))


def _optimizers(
    groups: list[dict[str, Any]], matrices: list[nn.Parameter], schedule: Schedule
) -> list[torch.optim.Optimizer]:
    made: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.98), eps=1e-8)
    ]
    if matrices:
        made.append(
            torch.optim.Muon(
                matrices, lr=schedule.rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
            )
        )
    return made


def _groups(parameters: dict[str, nn.Parameter], share: float) -> list[dict[str, Any]]:
    """Decay matrices a little, vectors not at all; ``share`` of the rate is theirs."""
    matrices = [p for p in parameters.values() if p.dim() > 1]
    vectors = [p for p in parameters.values() if p.dim() <= 1]
    groups = [(matrices, 0.01), (vectors, 0.0)]
    return [{"params": p, "weight_decay": decay, "share": share} for p, decay in groups if p]
