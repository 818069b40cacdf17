"""All items of one subject by all methods, in one process with one model."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from backbone.face import Backbone
from backbone.painting import ImageOptions
from bench.data.items import TASKS, Bench, Item, Subject
from bench.data.pictures import open_picture
from bench.judges.judge import Judge
from bench.judges.local import LOCAL
from bench.methods.catalog import METHODS
from bench.methods.dreambooth import with_updates
from bench.methods.method import Method
from bench.methods.players import Control, Player, RowsPlayer, UpdatesPlayer
from bench.methods.prompting import Library, PromptPlayer, RetrievalPlayer
from bench.methods.teaching import Taught, Teacher
from bench.metrics.encoders import ImageEncoder
from bench.metrics.faces import FaceEncoder
from bench.running.failing import Failures
from bench.running.ledger import Ledger, Result
from bench.running.looks import Looks
from bench.running.scoring import Scored, Scorer
from bench.running.suites import Suite, items_of
from bench.running.versions import code_version, judging_version
from graphs.options import ReplayOptions
from learning.checkpoint import backbone_id
from learning.presets import Recipe

__all__ = ["Kit", "Seen", "Work"]

# whose rows recognise subjects after a removal, for every method alike
_RECOGNISER = METHODS["ours"]


@dataclass(frozen=True)
class Seen:
    """What all subjects' works look up of one bench: its photos as they are seen."""

    looks: Looks
    library: Library


@dataclass(frozen=True)
class Kit:
    """What a process opens once: the model, what looks and what judges.

    ``missing`` is what could not be opened, by its name, and why.
    """

    face: Backbone
    encoders: Sequence[ImageEncoder]
    judges: Sequence[Judge]
    faces: FaceEncoder | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    _seen: dict[tuple[Path, str], Seen] = field(default_factory=dict, init=False, compare=False)

    def seen(self, bench: Bench) -> Seen:
        """Return what is seen of a bench's photos, each looked at once in this process."""
        key = (bench.folder, bench.hash)
        if key not in self._seen:
            self._seen[key] = Seen(Looks(bench), Library(self.face, bench))
        return self._seen[key]

    @cached_property
    def backbone(self) -> str:
        """Name the model and its weights."""
        return backbone_id(self.face)

    @property
    def where(self) -> str:
        """Name the kind of device and the precision, which make other numbers of one request."""
        model = self.face.model
        return f"{model.device.type}, {str(model.dtype).removeprefix('torch.')}"


class Work:
    """Do one subject."""

    def __init__(
        self,
        kit: Kit,
        bench: Bench,
        subject: Subject,
        suite: Suite,
        recipe: Recipe,
        out: Path,
        on_step: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.kit, self.bench, self.subject = kit, bench, subject
        self.suite, self.out, self.on_step = suite, out, on_step
        self.teacher = Teacher(kit.face, bench, subject, recipe, out / "rows")
        seen = kit.seen(bench)
        self.scorer = Scorer(bench, subject, kit.encoders, kit.judges, kit.faces, seen.looks)
        self.ledger = Ledger(out / "results" / f"{subject.name}.jsonl")
        self.library = seen.library
        # what this work did: method, item and settings
        self.done: list[str] = []
        self._known: Player | None = None

    def run(self, methods: Sequence[Method]) -> Failures:
        """Do what is not done yet; a method that fails does not cost the others."""
        failures = Failures(alike=False)
        for method in methods:
            try:
                self._method(method)
                failures.done.append(method.name)
            except Exception as error:
                failures.add(method.name, error)
        return failures

    def _method(self, method: Method) -> None:
        settings = self._settings(method)
        todo = [
            item
            for task in TASKS
            if task in method.tasks and not self._lacks_photos(method)
            for item in self._of(task)
            if not self.ledger.has(method.name, item.id, settings)
        ]
        if not todo:
            return
        taught = self._taught(method)
        player = self._player(method, taught)
        if taught is not None and taught.updates:
            with with_updates(self.kit.face, taught.updates):
                self._items(method, player, taught, todo, settings)
        else:
            self._items(method, player, taught, todo, settings)

    def _lacks_photos(self, method: Method) -> bool:
        """Tell whether real photos would be compared with themselves: none was held out."""
        return method.control == "real" and not self.subject.test

    def _of(self, task: str) -> list[Item]:
        return items_of(self.bench, self.subject.name, task, self.suite)

    def _self_judged(self, method: Method) -> set[str]:
        """Name the items that the model itself is asked to judge: the first of each task."""
        count = self.suite.self_judged
        return {item.id for task in method.tasks for item in self._of(task)[:count]}

    def _judges(self, by_itself: bool) -> list[Judge]:
        """Return all judges, or those that are not the model itself."""
        own = LOCAL + self.kit.face.config.name
        return [judge for judge in self.kit.judges if by_itself or judge.name != own]

    def _settings(self, method: Method) -> str:
        """Name everything that changes a result; under another name it is done anew."""
        told = {
            "bench": self.bench.hash,
            "backbone": self.kit.backbone,
            "device": self.kit.where,
            "rows": self.teacher.key(method.rows) if method.rows else "",
            "method": [method.context, method.facts, method.replay, method.exemplars],
            "timesteps": self.suite.timesteps,
            "self judged": self.suite.self_judged,
            "judges": [judging_version(), *(judge.name for judge in self.kit.judges)],
            "encoders": [encoder.name for encoder in self.kit.encoders],
            "recogniser": [self._recogniser_of(method), self._recogniser_rows(method)],
            **self._faces,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def _faces(self) -> dict[str, str]:
        """Name what compares faces, if anything does."""
        return {} if self.kit.faces is None else {"faces": self.kit.faces.name}

    def _taught(self, method: Method) -> Taught | None:
        if method.rows is None:
            return None
        name = f"{self.subject.name}: {method.name}"

        def told(done: int, steps: int) -> None:
            self.on_step(f"{name}, learning, step {done} of {steps}")

        self.on_step(f"{name}, learning")
        return self.teacher.teach(method.rows, told)

    # who plays

    @property
    def _options(self) -> ImageOptions:
        return ImageOptions(num_timesteps=self.suite.timesteps)

    def _player(self, method: Method, taught: Taught | None) -> Player:
        face, subject, options = self.kit.face, self.subject, self._options
        if method.control:
            size = face.config.default_image_size[0]
            return Control(method.control, self._real, size)
        if taught is not None and taught.concept is not None:
            replay = ReplayOptions(method.exemplars, method.replay)
            return RowsPlayer(face, subject, taught.concept, method.facts, replay, options)
        if taught is not None:
            return UpdatesPlayer(face, subject, options)
        if method.context == "retrieval":
            return RetrievalPlayer(face, subject, self.library, options)
        photos = tuple(self.teacher.photos()) if method.context == "images" else ()
        return PromptPlayer(face, subject, method.context == "text", photos, options)

    def _real(self) -> list[Image.Image]:
        """Open the photos that were held out."""
        return [open_picture(self.bench.folder, path) for path in self.subject.test]

    # items

    def _items(
        self,
        method: Method,
        player: Player,
        taught: Taught | None,
        items: Sequence[Item],
        settings: str,
    ) -> None:
        shown = self._self_judged(method)
        for number, item in enumerate(items, 1):
            self.on_step(f"{self.subject.name}: {method.name}, {item.task} {number}/{len(items)}")
            start = time.monotonic()
            output, scored, trace = self._done(method, player, item, self._judges(item.id in shown))
            self.ledger.add(
                Result(
                    method.name,
                    self.subject.name,
                    item.id,
                    item.task,
                    output,
                    scored.values,
                    scored.verdicts,
                    trace,
                    self._provenance(method, taught, item, settings),
                    round(time.monotonic() - start, 3),
                    item.kind,
                )
            )
            self.done.append(f"{method.name} {item.id} {settings}")

    def _done(
        self, method: Method, player: Player, item: Item, judges: Sequence[Judge]
    ) -> tuple[str, Scored, dict[str, Any]]:
        if item.task in ("draw", "parg"):
            drawn = player.draw(item.text, item.seed, needs_fact=item.task == "parg")
            trace = {"prompt": drawn.prompt, "stages": drawn.stages}
            scored = self.scorer.picture(item, drawn, judges)
            return self._keep(method, item, drawn.image), scored, trace
        if item.task == "edit":
            source = open_picture(self.bench.folder, item.image)
            drawn = player.edit(source, item.text, item.seed)
            margins = self._margins(method, player, item, source, drawn.image)
            scored = self.scorer.edit(item, drawn, margins, judges)
            return self._keep(method, item, drawn.image), scored, {"prompt": drawn.prompt}
        image = open_picture(self.bench.folder, item.image) if item.image else None
        answered = player.answer(item.text, image, asks_yes=item.task == "rec")
        trace = {"asked": item.text, "prompt": answered.prompt}
        return answered.text, self.scorer.answer(item, answered, judges), trace

    def _recogniser_of(self, method: Method) -> str:
        """Name the method whose rows recognise the subject, "" if there is nothing to recognise.

        Rows of a method's own would judge each by another measure, and black pictures by none.
        """
        if "edit" not in method.tasks:
            return ""
        if method.rows == _RECOGNISER.rows or self._recogniser is not None:
            return _RECOGNISER.name
        return "" if method.control else method.name

    def _recogniser_rows(self, method: Method) -> str:
        """Name the rows that recognise the subject: those that learned longer judge otherwise."""
        ours = self._recogniser_of(method) == _RECOGNISER.name
        return self.teacher.key(_RECOGNISER.rows) if ours and _RECOGNISER.rows else ""

    @property
    def _recogniser(self) -> Player | None:
        """Return what plays with the rows of ours, None while these were not taught."""
        if self._known is None and _RECOGNISER.rows is not None:
            taught = self.teacher.taught(_RECOGNISER.rows)
            self._known = None if taught is None else self._player(_RECOGNISER, taught)
        return self._known

    def _margins(
        self, method: Method, player: Player, item: Item, before: Image.Image, after: Image.Image
    ) -> tuple[float, float] | None:
        """Ask whether the subject is in a picture before and after its removal."""
        if item.kind != "remove" or not self._recogniser_of(method):
            return None
        player = self._recogniser or player
        question = f"Is <{self.subject.mention}> in this photo?"
        asked = [player.answer(question, image, asks_yes=True).margin for image in (before, after)]
        first, second = (margin or 0.0 for margin in asked)
        return first, second

    def _keep(self, method: Method, item: Item, image: Image.Image) -> str:
        path = Path("pictures") / method.name / f"{item.id.replace('/', '-')}.png"
        file = self.out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
        return path.as_posix()

    def _provenance(
        self, method: Method, taught: Taught | None, item: Item, settings: str
    ) -> dict[str, Any]:
        record = taught.record if taught is not None else {}
        return {
            "settings": settings,
            "suite": self.suite.name,
            "bench": self.bench.hash,
            "backbone": self.kit.backbone,
            "device": self.kit.where,
            "rows": taught.key if taught is not None else "",
            "rows sha256": str(record.get("sha256", "")),
            # what taught them, which may have been another run's
            "rows code": str(record.get("code", "")),
            "steps": record.get("steps"),
            # what was taught by: a method's plan changes the suite's recipe
            "recipe": record.get("recipe", {}),
            "plan": record.get("plan", {}),
            "code": code_version(),
            # of this process; another number of threads adds in another order
            "threads": torch.get_num_threads(),
            "seed": item.seed,
            "timesteps": self.suite.timesteps,
            "self judged": self.suite.self_judged,
            "encoders": [encoder.name for encoder in self.kit.encoders],
            "judges": [judging_version(), *(judge.name for judge in self.kit.judges)],
            "recogniser": self._recogniser_of(method) if item.kind == "remove" else "",
            **self._faces,
        }
