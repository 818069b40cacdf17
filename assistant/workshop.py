"""Learning a concept as the graph asks for it: each step leaves a file the next one reads.

A step that is done again, because the machine stopped, comes to the same result.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.enrolling import INSTANT
from assistant.gallery import decoded
from assistant.listening import Listener
from assistant.others import photos_of_others
from assistant.profile import as_called_now
from learning.checkpoint import backbone_id
from learning.examples import Material, Negative
from learning.lesson import Lesson, graded, graded_likeness, learn, prepare
from learning.neutral import neutral_negatives
from learning.presets import Recipe
from learning.review import read_refusals, write_review
from learning.whereabouts import name_places
from memory.facts import fact_digest
from memory.values import Concept, TrainingRun
from omni_errors import CancelledError, InputError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from learning.trainer import StepLosses

__all__ = ["METRICS", "Bench", "OnStep", "judged", "review_folder"]

OnStep = Callable[["StepLosses", int], None]
_REPORT_EVERY = 20
# cosines that differ by no more are taken for equal
_SAME = 0.02
# what a run's metrics say of its record
METRICS = (
    "seed",
    "steps",
    "ended",
    "losses",
    "held_out",
    "likeness",
    "best_step",
    "drawn_step",
    "wall_time_s",
    "spent_s",
    "peak_memory_bytes",
    "edit_pairs",
    "edit_pairs_kept_share",
)


def review_folder(folder: Path) -> Path:
    """Name where the edit pairs of a concept are reviewed."""
    return folder / "review"


class Bench:
    """Do the work of learning one concept of a user, in a folder of its own."""

    def __init__(
        self,
        assistant: "Assistant",
        recipe: Recipe,
        folder: Path,
        on_progress: OnStep,
        listener: Listener,
        *,
        began: float | None = None,
    ) -> None:
        self.assistant, self.recipe, self.folder = assistant, recipe, folder
        # when the call began, on the clock of `time.monotonic`: the budget is for all of it
        self.began = time.monotonic() if began is None else began
        self.on_progress, self.on_step = on_progress, listener.enter
        self.listener = listener
        self.memory, self.user = assistant.memory, assistant.user
        self._lessons: dict[str, Lesson] = {}

    # the steps of the graph

    def ingest(self, concept: str, photos: Sequence[str]) -> Sequence[str]:
        """Find the photos, which are in the memory already, and return their ids."""
        return [self.memory.photos.get(self.user, photo).id for photo in photos]

    def describe(self, concept: str, photos: Sequence[str]) -> str:
        """Write down what is said of the photos, where they are, and which are of others."""
        about = self.memory.concepts.by_id(self.user, concept)
        facts = [fact.text for fact in self.memory.facts.list(self.user, concept)]
        return self._write(
            "described.json",
            {
                "name": about.name,
                "class": about.class_name or "thing",
                "facts": as_called_now(self.memory, self.user, concept, facts),
                "told": facts,
                "photos": list(photos),
                "places": self._places(about, photos),
                "others": photos_of_others(self.memory, self.user, about),
            },
        )

    def build(self, concept: str, photos: Sequence[str], described: str) -> str:
        """Make the examples, write the sheet of edit pairs, and say which pairs are refused."""
        refused = read_refusals(review_folder(self.folder.parent) / "edits.json")
        made: dict[str, Any] = {"described": described, "refused": refused}
        lesson = self._prepared(made)
        write_review(lesson.edits, review_folder(self.folder.parent))
        made["edit_pairs_kept_share"] = round(lesson.edits.kept_share, 3)
        path = self._write("examples.json", made)
        self._lessons[path] = lesson
        return path

    def train(self, concept: str, examples: str, seed: int) -> str:
        """Train the rows from where the folder's state stands; return the path of the tokens."""
        tokens, sidecar = self.folder / "tokens.safetensors", self.folder / "tokens.json"
        if tokens.is_file() and sidecar.is_file():
            return str(tokens)
        run, lesson = self._run(concept), self._lesson(examples)
        self._grade_active(concept, lesson)

        def told(losses: "StepLosses", steps: int) -> None:
            if losses.step % _REPORT_EVERY == 0:
                self.memory.training_runs.report(self.user, run.id, {"step": losses.step})
            self.on_progress(losses, steps)

        try:
            learned = learn(
                self.assistant.backbone,
                lesson,
                self.recipe,
                folder=self.folder / "state",
                parent=self._first_version(concept),
                on_step=told,
                should_stop=self.listener.stopped,
                spent_s=time.monotonic() - self.began,
            )
        except CancelledError as error:
            self.memory.training_runs.finish(self.user, run.id, "stopped", message=error.message)
            raise
        record = learned.sidecar | {"photos": self._shown(concept, examples)}
        _replace(sidecar, json.dumps(record).encode())
        _replace(tokens, learned.data)
        return str(tokens)

    def _grade_active(self, concept: str, lesson: Lesson) -> None:
        """Measure the rows in use on the held-out photos, if they were trained.

        Rows that the encoders wrote have seen all photos; training measures their like itself.
        It is done before training, whose budget is for everything.
        """
        if (self.folder / "active.json").is_file():
            return
        face, checkpoints = self.assistant.backbone, self.memory.checkpoints
        found, alike = None, None
        active = checkpoints.active(self.user, concept)
        if active is not None and active.backbone == backbone_id(face):
            sidecar = checkpoints.sidecar(self.user, concept, active.version)
            if sidecar.get("recipe") != INSTANT:
                tokens = self.assistant.tokens_of([concept])[0]
                found = graded(face, lesson, tokens, self.recipe.seed)
                alike = graded_likeness(face, lesson, tokens, self.recipe)
        record = found.as_dict() if found is not None else {}
        self._write("active.json", record | ({} if alike is None else {"likeness": alike}))

    def grade(self, concept: str, checkpoint: str) -> Mapping[str, float]:
        """Compare the trained rows with the first ones and those in use, all measured alike."""
        sidecar = json.loads((self.folder / "tokens.json").read_text("utf-8"))
        active = json.loads((self.folder / "active.json").read_text("utf-8"))
        alike = sidecar.get("likeness", {})
        measured = {
            "first": {**sidecar.get("held_out_first", {}), "likeness": alike.get("first")},
            "active": active,
            "trained": {**sidecar.get("held_out", {}), "likeness": alike.get("kept")},
        }
        scores: dict[str, float] = {}
        for name, found in measured.items():
            kinds = {"loss": found.get("total"), "recognition": found.get("recognition")}
            kinds["likeness"] = found.get("likeness")
            scores |= {
                f"{name} {kind}": value for kind, value in kinds.items() if value is not None
            }
        return scores

    def commit(self, concept: str, checkpoint: str, scores: Mapping[str, float]) -> int:
        """Keep the tokens as a version, active unless they are worse; return its number.

        Raises:
            InputError: if something that they learned was removed meanwhile.
        """
        sidecar = json.loads((self.folder / "tokens.json").read_text("utf-8"))
        better, why = judged(scores)
        record = {**sidecar, "grade": dict(scores), "active": better, "why": why}
        data = Path(checkpoint).read_bytes()
        with self.memory.writing():
            if self._unlearned(concept, sidecar):
                version = None
            else:
                version = self._keep(concept, data, record)
                self._finish(concept, version, record)
        if version is None:
            run, why = self._run(concept), "Something that it learned was removed meanwhile."
            self.memory.training_runs.finish(self.user, run.id, "stopped", message=why)
            raise InputError(f"{why} The tokens were not kept.", hint="Train it again.")
        return version

    def _keep(self, concept: str, data: bytes, record: Mapping[str, Any]) -> int:
        checkpoints, better = self.memory.checkpoints, bool(record["active"])
        version = self._kept_before(concept, data)
        if version is None:
            parent = self._first_version(concept)
            kept = checkpoints.add(self.user, concept, data, record, activate=better, parent=parent)
            version = kept.version
        elif better:
            checkpoints.activate(self.user, concept, version)
        return version

    def _unlearned(self, concept: str, sidecar: Mapping[str, Any]) -> bool:
        """Tell whether a fact that was learned is no longer told, or a photo no longer there."""
        told = {fact_digest(fact.text) for fact in self.memory.facts.list(self.user, concept)}
        held = {photo.sha256 for photo in self.memory.photos.list(self.user, concept)}
        learned = (set(sidecar.get(what, ())) for what in ("facts", "photos"))
        return any(not were <= are for were, are in zip(learned, (told, held), strict=True))

    # what they need

    def _shown(self, concept: str, examples: str) -> list[str]:
        """Return the SHA-256 of the photos that were learned from, the id of one that is gone."""
        made = json.loads(Path(examples).read_text("utf-8"))
        photos = json.loads(Path(made["described"]).read_text("utf-8"))["photos"]
        held = {one.id: one.sha256 for one in self.memory.photos.list(self.user, concept)}
        return [held.get(photo, photo) for photo in photos]

    def _write(self, name: str, content: Mapping[str, Any]) -> str:
        path = self.folder / name
        _replace(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
        return str(path)

    def _places(self, about: Concept, photos: Sequence[str]) -> list[str]:
        """Say where each photo was taken, "" where that is not clear."""
        read, one = self.memory.photos.read, self.assistant
        pictures = [decoded(read(self.user, photo)) for photo in photos]
        return list(name_places(one.backbone, pictures, one.segmenter, about.class_name))

    def _lesson(self, examples: str) -> Lesson:
        if examples not in self._lessons:
            made = json.loads(Path(examples).read_text("utf-8"))
            self._lessons[examples] = self._prepared(made)
        return self._lessons[examples]

    def _prepared(self, made: Mapping[str, Any]) -> Lesson:
        told = json.loads(Path(made["described"]).read_text("utf-8"))
        read = self.memory.photos.read
        negatives = tuple(self._negative(photo) for photo in told["others"])
        material = Material(
            told["name"],
            told["class"],
            tuple(decoded(read(self.user, photo)) for photo in told["photos"]),
            tuple(told["facts"]),
            places=tuple(told["places"]),
            negatives=(*negatives, *neutral_negatives()),
            told=tuple(told.get("told", ())),
        )
        one = self.assistant
        return prepare(
            one.backbone,
            material,
            self.recipe,
            segmenter=one.segmenter,
            inpainter=one.inpainter,
            refused=made["refused"],
        )

    def _negative(self, photo: str) -> Negative:
        row = self.memory.photos.get(self.user, photo)
        kind = self.memory.concepts.by_id(self.user, row.concept_id).class_name
        return Negative(decoded(self.memory.photos.read(self.user, photo)), kind)

    def _first_version(self, concept: str) -> int | None:
        """Return the version of the first rows that are in use or were last."""
        versions = self.memory.checkpoints.list(self.user, concept)
        firsts = [
            one.version
            for one in versions
            if self.memory.checkpoints.sidecar(self.user, concept, one.version).get("recipe")
            == INSTANT
        ]
        return firsts[-1] if firsts else None

    def _kept_before(self, concept: str, data: bytes) -> int | None:
        from hashlib import sha256

        digest = sha256(data).hexdigest()
        for one in self.memory.checkpoints.list(self.user, concept):
            if one.tensors_sha256 == digest:
                return one.version
        return None

    def _run(self, concept: str) -> TrainingRun:
        """Find the run that a killed process left, or record a new one."""
        for run in self.memory.training_runs.list(self.user, concept):
            if run.state == "running" and run.recipe.get("folder") == self.folder.name:
                return run
        recipe = {"name": self.recipe.name, "seed": self.recipe.seed, "folder": self.folder.name}
        return self.memory.training_runs.start(self.user, concept, recipe)

    def _finish(self, concept: str, version: int, record: Mapping[str, Any]) -> None:
        run = self._run(concept)
        metrics = {key: record[key] for key in METRICS if key in record}
        metrics |= {"grade": record["grade"], "active": record["active"]}
        self.memory.training_runs.report(self.user, run.id, metrics)
        message = str(record["why"])
        self.memory.training_runs.finish(
            self.user, run.id, "done", message=message, version=version
        )


def judged(scores: Mapping[str, float]) -> tuple[bool, str]:
    """Tell whether trained rows may take the place of those in use, and why in a sentence.

    Those in use are the first ones until others were trained.
    """
    in_use = any(name.startswith("active ") for name in scores)
    old, then = ("active", "in use") if in_use else ("first", "before")
    alike = [scores.get(f"{which} likeness") for which in (old, "trained")]
    shares = scores.get(f"{old} recognition"), scores.get("trained recognition")
    if shares[0] is not None and shares[1] is not None and shares[0] != shares[1]:
        better = shares[1] > shares[0]
        said = (
            f"Held-out photos told right: {shares[0]:.0%} {then}, {shares[1]:.0%} after training."
        )
        return better, said
    if alike[0] is not None and alike[1] is not None and abs(alike[1] - alike[0]) > _SAME:
        said = f"Likeness of drawings to the photos: {alike[0]:.2f} {then}, {alike[1]:.2f} after."
        return alike[1] > alike[0], said
    if "trained loss" not in scores:
        return True, "There were too few photos to hold any out, so no losses were compared."
    before, trained = scores[f"{old} loss"], scores["trained loss"]
    return trained <= before, f"Loss on held-out photos: {before:.3f} {then}, {trained:.3f} after."


def _replace(path: Path, data: bytes) -> None:
    waiting = path.with_suffix(".new")
    with waiting.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(path)
