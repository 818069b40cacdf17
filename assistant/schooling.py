"""Training of concepts: the learning graph runs, and goes on where it was stopped."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from assistant.alone import alone
from assistant.exchange import runs_file
from assistant.listening import Listener
from assistant.workshop import METRICS, Bench, OnStep, review_folder
from backbone.home import private_folder
from graphs import erase, go_on, learning_graph, open_saver, start, threads, waiting
from learning.checkpoint import backbone_id
from learning.presets import Recipe, find_recipe
from learning.review import read_refusals
from memory.values import Concept
from omni_errors import InputError, NotFoundError

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

    from assistant.assistant import Assistant

__all__ = ["School", "at_rest", "training_folder"]


def training_folder(home: Path, concept: str) -> Path:
    """Name where learning a concept leaves its files."""
    return home / "training" / concept


class School:
    """Train the concepts of a user."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant
        self.memory, self.user = assistant.memory, assistant.user

    def train(
        self,
        concept: Concept,
        preset: str | Recipe,
        on_step: OnStep,
        listener: Listener,
        *,
        began: float | None = None,
    ) -> dict[str, Any]:
        """Train a concept, or go on with a training that was stopped; return the record.

        ``began`` is when the budget began to count, on the clock of `time.monotonic`.

        Raises:
            CancelledError: on Ctrl-C; calling again goes on.
            InputError: if another process is training it.
        """
        began = time.monotonic() if began is None else began
        recipe = preset if isinstance(preset, Recipe) else find_recipe(preset)
        key = self._key(concept, recipe)
        folder = training_folder(self.assistant.home, concept.id) / key
        bench = Bench(self.assistant, recipe, folder, on_step, listener, began=began)
        photos = [photo.id for photo in self.memory.photos.list(self.user, concept.id)]
        given = {"concept": concept.id, "photos": photos, "seed": recipe.seed}
        with _busy(folder), open_saver(runs_file(self.assistant.home)) as saver:
            graph, thread = learning_graph(saver), self._threads(concept) + key
            self._give_up(saver, concept, but=key)
            if not self._whole(folder):
                # photos of others that it learned from are forgotten: it begins anew
                erase(saver, [thread])
                shutil.rmtree(folder)
            private_folder(folder)
            try:
                if waiting(graph, thread) is not None:
                    state = go_on(graph, bench, thread).state
                else:
                    state = start(graph, given, bench, thread).state
            finally:
                if not self._still(concept, recipe, key):
                    # it can't be gone on with, and may hold words that were removed meanwhile
                    erase(saver, [thread])
                    shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
        return self._record(concept, int(state["version"]))

    def give_up(self, concept: Concept) -> None:
        """Drop what stopped trainings of a concept keep, as when a fact they learn is removed."""
        with open_saver(runs_file(self.assistant.home)) as saver:
            self._give_up(saver, concept)

    def _give_up(self, saver: "SqliteSaver", concept: Concept, but: str = "") -> None:
        """Drop all trainings of a concept but one, and those that a process is busy with."""
        prefix, room = self._threads(concept), training_folder(self.assistant.home, concept.id)
        keys = {name.removeprefix(prefix) for name in threads(saver) if name.startswith(prefix)}
        keys |= {folder.name for folder in room.glob("*/")}
        for key in sorted(keys - {but, "review"}):
            try:
                with _busy(room / key):
                    erase(saver, [prefix + key])
                    shutil.rmtree(room / key, ignore_errors=True)
            except InputError:
                # its own process drops it, if it can't be gone on with
                continue

    def _threads(self, concept: Concept) -> str:
        """Return what the names of a concept's runs begin with."""
        return f"{self.user}:learn:{concept.id}:"

    def _whole(self, folder: Path) -> bool:
        """Tell whether the photos of others that a lesson was begun with are still there."""
        described = folder / "described.json"
        if not described.is_file():
            return True
        try:
            for photo in json.loads(described.read_text("utf-8"))["others"]:
                self.memory.photos.get(self.user, photo)
        except NotFoundError:
            return False
        return True

    def _key(self, concept: Concept, recipe: Recipe) -> str:
        """Name a run by all that its result follows from."""
        memory, user = self.memory, self.user
        content = {
            "name": [concept.name, concept.class_name],
            "photos": [photo.sha256 for photo in memory.photos.list(user, concept.id)],
            "facts": [fact.text for fact in memory.facts.list(user, concept.id)],
            # how long it may take is no part of what comes out
            "recipe": asdict(replace(recipe, budget_s=None)),
            "backbone": backbone_id(self.assistant.backbone),
            "tools": [_tool_name(self.assistant.segmenter), _tool_name(self.assistant.inpainter)],
            "refused": sorted(read_refusals(self.review(concept) / "edits.json")),
        }
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def _still(self, concept: Concept, recipe: Recipe, key: str) -> bool:
        """Tell whether a run would come to the same; of one who is forgotten nothing stays."""
        try:
            now = self.memory.concepts.by_id(self.user, concept.id)
        except NotFoundError:
            shutil.rmtree(self.review(concept).parent, ignore_errors=True)
            return False
        return self._key(now, recipe) == key

    def review(self, concept: Concept) -> Path:
        """Name the folder in which a concept's edit pairs are reviewed."""
        return review_folder(training_folder(self.assistant.home, concept.id))

    def _record(self, concept: Concept, version: int) -> dict[str, Any]:
        sidecar = self.memory.checkpoints.sidecar(self.user, concept.id, version)
        active = self.memory.checkpoints.get(self.user, concept.id, version).active
        keys = (*METRICS, "grade", "why", "data_hash")
        found = {key: sidecar[key] for key in keys if key in sidecar}
        return {"version": version, "active": active, **found}

    def sheet(self, concept: Concept, preset: str | Recipe = "quick") -> Path:
        """Write the sheet of a concept's edit pairs, refused ones left out; return its path."""
        recipe = preset if isinstance(preset, Recipe) else find_recipe(preset)
        folder = training_folder(self.assistant.home, concept.id) / "sheet"
        with _busy(folder):
            bench = Bench(
                self.assistant,
                recipe,
                private_folder(folder),
                lambda losses, steps: None,
                Listener(),
            )
            photos = [photo.id for photo in self.memory.photos.list(self.user, concept.id)]
            bench.build(concept.id, photos, bench.describe(concept.id, photos))
            shutil.rmtree(folder)
        return self.review(concept) / "edits.png"


def at_rest(home: Path, concept: Concept) -> None:
    """Do nothing, unless a process is learning a concept.

    Raises:
        InputError: if one is.
    """
    for lock in training_folder(home, concept.id).glob("*.lock"):
        try:
            FileLock(lock, timeout=0).acquire().lock.release()
        except Timeout as error:
            raise InputError(
                f"{concept.name} is being learned by another process.",
                hint="Wait for it, or stop it.",
            ) from error


@contextmanager
def _busy(folder: Path) -> Iterator[None]:
    """Keep a folder for one process at a time, from before it is filled until it is gone."""
    busy = f"Another process is learning in {folder}."
    with alone(folder.with_suffix(".lock"), busy, "Wait for it, or stop it."):
        yield


def _tool_name(tool: object) -> str:
    """Name what finds or removes subjects; one of somebody's own by its class."""
    return str(getattr(tool, "name", type(tool).__qualname__))
