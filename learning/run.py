"""A run of learning: what changes from step to step, moved, captured and put back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW

from backbone.concepts import ConceptTokens
from backbone.training import JointLoss
from learning.presets import Recipe
from learning.state import State, put_rows, rows_of_concept
from omni_errors import InputError

__all__ = [
    "Run",
    "apply",
    "averaged",
    "capture",
    "follow",
    "make_optimizer",
    "mean_of",
    "restore",
    "trim",
]

# the first steps weigh less in the mean than a fixed share would let them
_EARLY = 5


@dataclass
class Run:
    """What changes while learning."""

    concept: ConceptTokens
    optimizer: AdamW
    step: int = 0
    # seconds of this and earlier sittings, by what they went into
    spent: dict[str, float] = field(default_factory=dict)
    # how the rows did on held-out photos before the first step
    first: dict[str, Any] = field(default_factory=dict)
    recent: list[dict[str, float]] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_step: int = -1
    # the generation rows whose drawings looked most like the photos
    drawn: dict[str, Tensor] = field(default_factory=dict)
    drawn_step: int = 0
    # what the rows have been on average lately, where a recipe asks for it
    mean: dict[str, Tensor] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Return the seconds of everything."""
        return sum(self.spent.values())

    def spend(self, what: str, seconds: float) -> None:
        """Add seconds to what was spent on something."""
        self.spent[what] = self.spent.get(what, 0.0) + seconds

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Add the time of what is done inside."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.spend(what, time.monotonic() - started)


def make_optimizer(concept: ConceptTokens, recipe: Recipe) -> AdamW:
    """Make the optimiser of the rows as they are before the first step."""
    rates = [recipe.lr_und] * 3 + [recipe.lr_gen]
    rows = (concept.sks, concept.und, concept.out, concept.gen)
    # a name's own rows move as far as those that stand for it
    und = concept.und if len(concept.und) else concept.sks
    sizes = [_size(und)] * 3 + [_size(concept.gen)] if recipe.relative else [1.0] * 4
    groups = [
        {"params": [row], "lr": rate, "full": rate * size}
        for row, rate, size in zip(rows, rates, sizes, strict=True)
    ]
    return AdamW(groups, weight_decay=recipe.weight_decay)


def _size(row: Tensor) -> float:
    """Return the root mean square of a row's elements, 1 where there is nothing to measure."""
    size = float(row.detach().float().square().mean().sqrt()) if row.numel() else 0.0
    return size or 1.0


def apply(loss: JointLoss, optimizer: AdamW, recipe: Recipe, step: int) -> None:
    """Move the rows: gradients of them alone, clipped, at the rate of this step."""
    if not bool(torch.isfinite(loss.total)):
        raise InputError(
            f"The loss is no number at step {step + 1}: the rows have gone astray.",
            hint=f"Learn with lower rates than {recipe.lr_und:g} and {recipe.lr_gen:g}.",
        )
    rows = [p for group in optimizer.param_groups for p in group["params"] if p.numel()]
    # Not backward(): weights of the backbone get no gradients, whatever their flags say.
    found = torch.autograd.grad(loss.total, rows, allow_unused=True)
    for row, gradient in zip(rows, found, strict=True):
        row.grad = gradient
    torch.nn.utils.clip_grad_norm_(rows, recipe.clip)
    warm = min((step + 1) / (recipe.warmup + 1), 1.0)
    for group in optimizer.param_groups:
        group["lr"] = group["full"] * warm
    optimizer.step()


def follow(run: Run, keep: float) -> None:
    """Let the mean of the rows follow them, after each step, keeping a share of itself.

    Every step moves the rows toward a few examples and past others; their mean is nearer to what
    all examples ask for.
    """
    if not keep:
        return
    keep = min(keep, (run.step + 1) / (run.step + _EARLY))
    now = rows_of_concept(run.concept)
    run.mean = {name: torch.lerp(row, run.mean[name], keep) for name, row in now.items()}


@contextmanager
def averaged(run: Run) -> Iterator[None]:
    """Put the mean, where there is one, in the place of the rows for a while."""
    rows = rows_of_concept(run.concept)
    put_rows(run.concept, run.mean or rows)
    try:
        yield
    finally:
        put_rows(run.concept, rows)


def mean_of(records: list[dict[str, float]], name: str) -> float:
    """Average one number of records, 0 of none."""
    return sum(r[name] for r in records) / len(records) if records else 0.0


def capture(run: Run, identity: dict[str, Any]) -> State:
    """Copy everything a continuation needs."""
    tensors = {f"rows.{k}": v for k, v in rows_of_concept(run.concept).items()}
    tensors |= {f"best.{k}": v for k, v in run.best.items()}
    tensors |= {f"drawn.{k}": v for k, v in run.drawn.items()}
    tensors |= {f"mean.{k}": v for k, v in run.mean.items()}
    for number, memory in run.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{k}": v.detach().cpu().clone() for k, v in memory.items()}
    record = {
        **identity,
        "step": run.step,
        "spent": dict(run.spent),
        "first": run.first,
        "recent": run.recent,
        "looks": list(run.looks),
        "best_step": run.best_step,
        "drawn_step": run.drawn_step,
        # measured on the rows before the first step, which nobody has when it goes on
        "rates": [group["full"] for group in run.optimizer.param_groups],
    }
    return State(tensors, record)


def restore(run: Run, state: State) -> None:
    """Put a captured state back."""
    put_rows(run.concept, state.part("rows"))
    memories: dict[int, dict[str, Tensor]] = {}
    for key, tensor in state.part("adam").items():
        number, name = key.split(".")
        memories.setdefault(int(number), {})[name] = tensor
    groups = run.optimizer.state_dict()["param_groups"]
    for group, rate in zip(groups, state.record["rates"], strict=True):
        group["full"] = rate
    run.optimizer.load_state_dict({"state": memories, "param_groups": groups})
    run.best, run.drawn, run.mean = (state.part(name) for name in ("best", "drawn", "mean"))
    record = state.record
    run.step, run.best_step = record["step"], record["best_step"]
    run.drawn_step = record["drawn_step"]
    run.spent, run.first = dict(record["spent"]), dict(record["first"])
    run.recent, run.looks = list(record["recent"]), list(record["looks"])


def trim(log: Path, step: int) -> None:
    """Keep the lines of the first steps; a kill may have cut the last one short."""
    if not log.is_file():
        return
    lines = log.read_text("utf-8").splitlines(keepends=True)[:step]
    waiting = log.with_suffix(".new")
    waiting.write_text("".join(lines), "utf-8")
    waiting.replace(log)
