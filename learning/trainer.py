"""The trainer: moves the rows of one concept by the joint objective, and nothing else.

The data of step ``n`` follows from the seed and ``n``, so a run that was stopped or killed goes
on from its last state with the same losses as one that never was::

    result = train(face, rows, examples, find_recipe("quick"), TrainOptions(folder))
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from backbone.limits import never
from backbone.training import LossOptions
from learning.batches import batch_of, noise_of, texts_of
from learning.checkpoint import backbone_id
from learning.examples import Example, ExampleSet
from learning.held_out import HeldOut, grade_rows, score_held_out
from learning.likeness import Looks, likeness
from learning.machine import peak_memory_bytes
from learning.presets import Recipe
from learning.run import (
    Run,
    apply,
    averaged,
    capture,
    follow,
    make_optimizer,
    mean_of,
    restore,
    trim,
)
from learning.samples import SampleMaker, rows_of
from learning.state import ROWS, State, put_rows, read_state, rows_of_concept, write_state
from omni_errors import CancelledError, InputError

__all__ = ["StepLosses", "TrainOptions", "TrainResult", "train"]

_RECENT = 50
# layers times width, above which a batch needs more memory than a GPU has beside the weights,
# unless layers are recomputed
_LARGE = 50_000


@dataclass(frozen=True)
class StepLosses:
    """The losses of one step, each for itself (eq. 6 to 9), and how long it took."""

    step: int
    total: float
    text: float
    image: float
    edit: float
    seconds: float


def _ignore(losses: StepLosses, steps: int) -> None:
    """Ignore that a step is done."""


@dataclass(frozen=True)
class TrainOptions:
    """Say where the state is kept (None: nowhere), who is told of steps, and who may stop.

    ``looks`` is what drawings are compared with, for recipes that do.
    ``spent_s`` seconds of the recipe's budget went into what came before.
    """

    folder: Path | None = None
    on_step: Callable[[StepLosses, int], None] = _ignore
    should_stop: Callable[[], bool] = never
    held_out: ExampleSet | None = None
    looks: Looks | None = None
    spent_s: float = 0.0


@dataclass(frozen=True)
class TrainResult:
    """The rows, and the record of how they came about.

    ``ended`` is "finished", "budget", "early" (no improvement on held-out photos) or "stopped".
    """

    concept: ConceptTokens
    ended: str
    record: dict[str, Any]


def train(
    face: Backbone,
    concept: ConceptTokens,
    examples: ExampleSet,
    recipe: Recipe,
    options: TrainOptions | None = None,
) -> TrainResult:
    """Move a concept's rows in place, beginning where the folder's state ended, if there is one.

    Raises:
        InputError: if the model does not draw, the state belongs to other data, or the losses
            are no numbers any more.
        CancelledError: on Ctrl-C, after the state was kept.
    """
    began, options = time.monotonic(), options or TrainOptions()
    if face.model.autoencoder is None:
        # Rows learned by half would be taken for whole ones wherever they are loaded.
        raise InputError(
            f"{face.config.name} was loaded without what draws, and rows learn both.",
            hint="Load it without understanding_only.",
        )
    concept.check(face.config)
    run = Run(concept, make_optimizer(concept, recipe))
    run.mean = rows_of_concept(concept) if recipe.average else {}
    with _folder(options.folder):
        job = _Job(face, examples, recipe, options, SampleMaker(face, concept))
        job.resume(run)
        identity = job.identity()
        run.spend("before", options.spent_s + time.monotonic() - began)
        ended = job.run(run, identity)
        return job.result(run, ended)


def _is_large(face: Backbone) -> bool:
    trunk = face.config.trunk
    return trunk.num_hidden_layers * trunk.understanding.hidden_size > _LARGE


@contextmanager
def _folder(folder: Path | None) -> Iterator[None]:
    """Keep a folder for one process at a time."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=0):
            yield
    except Timeout as error:
        raise InputError(
            f"Another process is learning in {folder}.", hint="Wait for it, or stop it."
        ) from error


@dataclass(frozen=True)
class _Job:
    """What stays the same while learning."""

    face: Backbone
    examples: ExampleSet
    recipe: Recipe
    options: TrainOptions
    maker: SampleMaker

    @property
    def draws(self) -> bool:
        return len(self.maker.concept.gen) > 0

    @property
    def looks(self) -> Looks | None:
        """Return what drawings are compared with, None if they are not."""
        return self.options.looks if self.draws and self.recipe.likeness else None

    @property
    def file(self) -> Path | None:
        return self.options.folder and self.options.folder / "state.safetensors"

    @property
    def log(self) -> Path | None:
        return self.options.folder and self.options.folder / "losses.jsonl"

    # the loop

    def run(self, run: Run, identity: dict[str, Any]) -> str:
        """Go through the steps; what is kept is always the state after a whole one."""
        kept = capture(run, identity)
        try:
            self._grade_first(run)
            while (ended := self._end(run)) == "":
                started = time.monotonic()
                losses = self._step(run)
                seconds = time.monotonic() - started
                run.spend("steps", seconds)
                follow(run, self.recipe.average)
                with averaged(run):
                    self._look(run)
                run.step += 1
                told = StepLosses(run.step, *losses, seconds)
                run.recent = [*run.recent, asdict(told)][-_RECENT:]
                # The log first: lines beyond the state are cut off later, missing ones stay lost.
                self._write_down(told)
                kept = capture(run, identity)
                if told.step % self.recipe.save_every == 0:
                    self._write(kept)
                self.options.on_step(told, self.recipe.steps)
        except torch.OutOfMemoryError:
            self._write(kept)
            raise
        except KeyboardInterrupt as interrupt:
            self._write(kept)
            raise CancelledError(
                f"Stopped after step {kept.record['step']} of {self.recipe.steps}.",
                hint="Training it again goes on from there: omni concept train NAME."
                if self.file
                else "",
            ) from interrupt
        self._write(kept)
        return ended

    def _end(self, run: Run) -> str:
        """Say why no further step is made, "" if one is."""
        recipe = self.recipe
        if run.step >= recipe.steps:
            return "finished"
        if self.options.should_stop():
            return "stopped"
        if recipe.budget_s is not None and run.elapsed + self._ahead(run) > recipe.budget_s:
            return "budget"
        held = self.options.held_out is not None
        since = sum(look["step"] > run.best_step for look in run.looks) if held else 0
        return "early" if recipe.patience is not None and since >= recipe.patience > 0 else ""

    def _ahead(self, run: Run) -> float:
        """Foresee the seconds of one more step, of a look after it, and of the last grade."""
        grade = run.spent.get("first grade", 0.0)
        look = run.spent["looks"] / len(run.looks) if run.looks else grade
        looks = self._looks_at(run.step + 1)
        return mean_of(run.recent, "seconds") + (look if looks else 0.0) + grade

    def _looks_at(self, done: int) -> bool:
        """Tell whether photos and drawings are looked at after so many steps."""
        recipe = self.recipe
        last = done == recipe.steps
        looks = self.options.held_out is not None or self.looks is not None
        return looks and (done % recipe.test_every == 0 or last)

    def _step(self, run: Run) -> tuple[float, float, float, float]:
        """Make one step and return its losses: total, text, image, edit.

        Texts move the rows by themselves: beside pictures, which take most of the time, they
        would need as many steps.
        """
        recipe, number = self.recipe, run.step
        found = self._move(run, batch_of(self.examples, recipe, number, draws=self.draws))
        texts = texts_of(self.examples, recipe, number)
        if not texts:
            return found
        total, text, image, edit = found
        told = self._move(run, texts)[1]
        return total + told, text + told, image, edit

    def _move(self, run: Run, batch: Sequence[Example]) -> tuple[float, float, float, float]:
        """Move the rows by a batch once."""
        recipe = self.recipe
        rows = rows_of(self.face, [self.maker.sample(example) for example in batch])
        weights = LossOptions(
            recipe.image_weight,
            recipe.edit_weight,
            even_text=recipe.even_text,
            recompute=recipe.recompute or _is_large(self.face),
        )
        with torch.enable_grad():
            loss = self.face.losses(rows, noise_of(recipe, run.step), weights)
            apply(loss, run.optimizer, recipe, run.step)
        parts = (loss.total, loss.text, loss.image, loss.edit)
        total, text, image, edit = (float(part.detach()) for part in parts)
        return total, text, image, edit

    def _look(self, run: Run) -> None:
        """Look at photos and drawings every so many steps, and remember the best rows."""
        done = run.step + 1
        if not self._looks_at(done):
            return
        with run.timed("looks"):
            seen = self._seen()
        # where drawings are looked at, the other rows are chosen by what they say alone
        by = "total" if self.looks is None else "text"
        if by in seen and all(seen[by] < look[by] for look in run.looks):
            run.best, run.best_step = rows_of_concept(run.concept), done
        self._keep_drawn(run, seen, done)
        run.looks.append({"step": done, **seen})

    def _seen(self, measure: Callable[..., HeldOut] = score_held_out) -> dict[str, Any]:
        """Measure the rows on held-out photos and by what they draw, as far as there is either."""
        held, seed = self.options.held_out, self.recipe.seed
        seen: dict[str, Any] = {}
        if held is not None:
            seen = measure(self.face, self.maker, held, seed, draws=self.draws).as_dict()
        if self.looks is not None:
            concept, count = self.maker.concept, self.recipe.likeness
            seen["likeness"] = likeness(self.face, concept, self.looks, seed, count)
        return seen

    def _keep_drawn(self, run: Run, seen: Mapping[str, Any], done: int) -> None:
        """Keep the generation rows if no look before found drawings more like the photos."""
        if self.looks is None:
            return
        before = [look["likeness"] for look in (run.first, *run.looks)] if done else []
        if all(seen["likeness"] > found for found in before):
            run.drawn = {"gen": rows_of_concept(run.concept)["gen"]}
            run.drawn_step = done

    def _grade_first(self, run: Run) -> None:
        """Grade the rows before the first step: to compare with, and to know how long it takes."""
        if run.step == 0 and not run.first:
            with run.timed("first grade"):
                run.first = self._seen(grade_rows)
            self._keep_drawn(run, run.first, 0)

    # what is kept

    def identity(self) -> dict[str, Any]:
        """Say what a state belongs to; how long it may take is none of it."""
        recipe = asdict(self.recipe)
        free = ("name", "steps", "budget_s", "save_every", "patience", "keep_best", "recompute")
        return {
            "recipe": {key: value for key, value in recipe.items() if key not in free},
            "data_hash": self.examples.data_hash,
            "backbone": backbone_id(self.face),
            "compares": self.looks is not None,
            "shapes": {name: list(getattr(self.maker.concept, name).shape) for name in ROWS},
        }

    def _write_down(self, told: StepLosses) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(told)) + "\n")

    def _write(self, kept: State) -> None:
        if self.file is not None:
            write_state(self.file, kept)

    def resume(self, run: Run) -> None:
        """Take up the folder's state, and forget the losses logged after it."""
        if self.file is None or self.log is None:
            return
        state = read_state(self.file)
        if state is not None:
            mine = self.identity()
            for key, value in mine.items():
                if state.record.get(key) != value:
                    raise InputError(
                        f"{self.options.folder} holds the state of another run: "
                        f"its {key.replace('_', ' ')} differs.",
                        hint="Use another folder, or delete this one.",
                    )
            restore(run, state)
        trim(self.log, run.step)

    def result(self, run: Run, ended: str) -> TrainResult:
        """Choose the rows and write the record down."""
        recipe = self.recipe
        if run.mean:
            put_rows(run.concept, run.mean)
        if recipe.keep_best and run.best:
            put_rows(run.concept, run.best)
        if recipe.keep_best and run.drawn:
            put_rows(run.concept, {**rows_of_concept(run.concept), **run.drawn})
        with run.timed("last grade"):
            found = self._seen(grade_rows)
        first = dict(run.first)
        alike = {"first": first.pop("likeness", None), "kept": found.pop("likeness", None)}
        names = ("total", "text", "image", "edit")
        record = {
            "concept": run.concept.name,
            "seed": recipe.seed,
            "recipe": asdict(recipe),
            "steps": run.step,
            "ended": ended,
            # steps without pictures have none of their losses
            "losses": {name: mean_of([s for s in run.recent if s[name]], name) for name in names},
            "held_out": found,
            "held_out_first": first,
            "likeness": alike,
            "held_out_history": run.looks,
            "best_step": run.best_step if run.best else None,
            "drawn_step": run.drawn_step if run.drawn else None,
            "wall_time_s": round(run.elapsed, 3),
            "spent_s": {what: round(seconds, 3) for what, seconds in run.spent.items()},
            "peak_memory_bytes": peak_memory_bytes(self.face.model.device),
            "data_hash": self.examples.data_hash,
            "torch": torch.__version__,
            "device": str(self.face.model.device),
            "dtype": str(self.face.model.dtype).removeprefix("torch."),
        }
        return TrainResult(run.concept, ended, record)
