"""What is learned of a subject for a plan, kept on disk under the plan's own key.

One lesson serves all plans of a subject. What was learned once is read again by every method
with the same plan, and by a run that goes on after an interruption. Rows that were cut short
go on from the last state that was kept.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from bench.data.items import Bench, Subject
from bench.data.pictures import open_picture
from bench.methods.method import RowsPlan
from bench.running.versions import code_version
from learning.checkpoint import CheckpointError, backbone_id, unpack
from learning.examples import Material, Negative
from learning.lesson import Lesson, learn, prepare
from learning.neutral import neutral_negatives
from learning.presets import Recipe
from learning.starting import begin, class_rows

__all__ = ["Taught", "Teacher", "recipe_of"]

_OTHERS, _DRAWN, _SIDE = 2, 8, 192
# the lowest rate there is: AdamW moves a row by about the rate in each step
_STILL = 1e-12


@dataclass(frozen=True)
class Taught:
    """What was learned: rows or updates, the record of it, and a hash of both."""

    key: str
    concept: ConceptTokens | None
    updates: dict[str, Tensor]
    record: dict[str, Any]


def recipe_of(plan: RowsPlan, usual: Recipe) -> Recipe:
    """Apply a plan to the suite's recipe, keeping the size of a batch.

    What a plan leaves out is replaced by what it keeps, so that every method sees as many
    examples; batches of texts alone come besides, to all methods that learn to answer.
    """
    changes = {key: value for key, value in plan.changes.items() if key != "steps"}
    recipe = replace(usual, **changes)
    missing = usual.questions + usual.drawings + usual.edits
    missing -= recipe.questions + recipe.drawings + recipe.edits
    if missing > 0:
        more = missing if recipe.drawings == 0 else 0 if recipe.questions == 0 else -(-missing // 2)
        recipe = replace(
            recipe, questions=recipe.questions + more, drawings=recipe.drawings + missing - more
        )
    if recipe.questions == 0:
        # textual inversion leaves the name's own row as it is
        recipe = replace(recipe, lr_und=_STILL)
    return recipe


class Teacher:
    """Teach one subject with one model."""

    def __init__(
        self, face: Backbone, bench: Bench, subject: Subject, recipe: Recipe, folder: Path
    ) -> None:
        self.face, self.bench, self.subject = face, bench, subject
        self.recipe, self.folder = recipe, folder / subject.name
        self._lesson: Lesson | None = None

    def teach(
        self, plan: RowsPlan, on_step: Callable[[int, int], None] = lambda done, all: None
    ) -> Taught:
        """Return what a plan comes to, learning it if it is not there."""
        key = self.key(plan)
        kept = self.taught(plan)
        if kept is not None:
            return kept
        if plan.kind == "lora":
            from bench.methods.dreambooth import learn_updates

            data, record = learn_updates(
                self.face, self.material(), recipe_of(plan, self.recipe), on_step
            )
        else:
            data, record = self._learn(plan, self._unfinished(key), on_step)
        self._write(key, data, {"recipe": self._taught_by(plan), **record, "plan": _plain(plan)})
        shutil.rmtree(self._begun(key), ignore_errors=True)
        kept = self._read(key, plan)
        if kept is None:
            raise ValueError(f"what was learned for {key} cannot be read back")
        return kept

    def taught(self, plan: RowsPlan) -> Taught | None:
        """Return what a plan came to, None if this model did not learn it yet."""
        return self._read(self.key(plan), plan)

    def key(self, plan: RowsPlan) -> str:
        """Name a plan by everything that changes what is learned, the model aside."""
        told = [_plain(plan), asdict(self.recipe), self.bench.hash, self.subject.name]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def _taught_by(self, plan: RowsPlan) -> dict[str, Any]:
        """Say what recipe a plan comes to, where learning itself does not say so."""
        still = {"steps": 0} if plan.changes.get("steps") == 0 else {}
        return asdict(recipe_of(plan, self.recipe)) | still

    # what is learned from

    def photos(self) -> list[Image.Image]:
        """Open the photos that are learned from."""
        return [open_picture(self.bench.folder, path) for path in self.subject.train]

    def material(self) -> Material:
        """Gather photos, facts, and photos of the other subjects that nobody is asked about."""
        subject = self.subject
        return Material(
            subject.mention,
            subject.class_word,
            tuple(self.photos()),
            tuple(fact.text for fact in subject.facts),
            negatives=tuple(self._negatives()),
        )

    def _negatives(self) -> list[Negative]:
        found = [
            Negative(open_picture(self.bench.folder, path), other.class_word)
            for other in self.bench.subjects
            if other.name != self.subject.name
            for path in self._without(other)[:_OTHERS]
        ]
        # other scenes than those that are asked about
        drawn = neutral_negatives(_SIDE, 2 * _DRAWN)[_DRAWN:]
        return found + list(drawn if len(found) < _DRAWN else ())

    def _without(self, other: Subject) -> list[str]:
        """List what another subject learns from that is not this one's photo as well.

        Nor is it one that anybody is asked about, as benches built earlier may have it.
        """
        barred = set(self.subject.hashes.values())
        barred |= {
            one.hashes[p] for one in self.bench.subjects for p in one.test if p in one.hashes
        }
        return [path for path in other.train if other.hashes.get(path) not in barred]

    def lesson(self) -> Lesson:
        """Prepare the lesson once; edit pairs are in it whether a plan takes them or not."""
        if self._lesson is None:
            self._lesson = prepare(self.face, self.material(), self.recipe)
        return self._lesson

    # learning

    def _learn(
        self, plan: RowsPlan, folder: Path, on_step: Callable[[int, int], None]
    ) -> tuple[bytes, dict[str, Any]]:
        recipe = recipe_of(plan, self.recipe)
        start = self._start(plan, recipe)
        if plan.changes.get("steps") == 0:
            from learning.checkpoint import pack

            found = start if start is not None else self._begin(recipe)
            return pack(found, self.face, {"steps": 0, "class": self.subject.class_word})
        learned = learn(
            self.face,
            self.lesson(),
            recipe,
            folder=folder,
            start=start,
            on_step=lambda losses, steps: on_step(losses.step, steps),
        )
        return learned.data, learned.sidecar

    def _begin(self, recipe: Recipe) -> ConceptTokens:
        lesson = self.lesson()
        masks = [mask.inside for mask in lesson.masks]
        photos = replace(
            lesson.material, photos=lesson.material.photos[: len(masks)], places=(), composed=0
        )
        return begin(self.face, photos, recipe, masks)

    def _start(self, plan: RowsPlan, recipe: Recipe) -> ConceptTokens | None:
        """Make first rows where the usual ones do not fit, None where they do."""
        start = self._other_start(plan, recipe)
        if not plan.class_name:
            return start
        return self._named_by_class(start if start is not None else self._begin(recipe), plan)

    def _other_start(self, plan: RowsPlan, recipe: Recipe) -> ConceptTokens | None:
        """Make first rows of other numbers, or for one expert."""
        if plan.routing.shared_expert:
            return self._coupled(plan, recipe)
        if plan.gen_features:
            return self._gen_features(plan, recipe)
        if recipe.und_rows and recipe.gen_rows:
            return None
        if recipe.start in ("features", "random"):
            return self._begin(recipe)
        whole = self._begin(replace(recipe, und_rows=16, gen_rows=16))
        und = whole.und if recipe.und_rows else whole.und[:0]
        gen = whole.gen if recipe.gen_rows else whole.gen[:0]
        return _rows(whole, und.detach().clone(), gen.detach().clone(), plan)

    def _named_by_class(self, start: ConceptTokens, plan: RowsPlan) -> ConceptTokens:
        """Begin the name as the class word; an encoder would write what the photos show into it."""
        sks, out = class_rows(self.face, self.subject.class_word)
        return ConceptTokens(
            start.name,
            sks=sks.detach().clone(),
            und=start.und.detach().clone(),
            gen=start.gen.detach().clone(),
            out=out.detach().clone(),
            routing=plan.routing,
        )

    def _coupled(self, plan: RowsPlan, recipe: Recipe) -> ConceptTokens:
        """Give both kinds of rows the understanding expert's width.

        The model's encoders write generation rows for the other expert; these begin as further
        centroids of what the photos look like. "gen-features" begins likewise without the
        routing, so that the two can be told apart.
        """
        whole = self._begin(recipe)
        both = recipe.und_rows + recipe.gen_rows
        seen = self._begin(replace(recipe, start="features", und_rows=both, gen_rows=0))
        gen = seen.und[recipe.und_rows :].detach().clone()
        return _rows(whole, whole.und.detach().clone(), gen, plan)

    def _gen_features(self, plan: RowsPlan, recipe: Recipe) -> ConceptTokens:
        """Begin generation rows as `_coupled` does, in the width of the expert that reads them."""
        whole, seen = self._begin(recipe), self._begin(replace(recipe, start="features"))
        return _rows(whole, whole.und.detach().clone(), seen.gen.detach().clone(), plan)

    # keeping

    def _begun(self, key: str) -> Path:
        """Name the folder of what is being learned, by any model and any code."""
        return self.folder / f"{key}.learning"

    def _unfinished(self, key: str) -> Path:
        """Name the folder of a state: another model's, or other code's, is not gone on with."""
        made_by = f"{backbone_id(self.face)} {code_version()}"
        return self._begun(key) / hashlib.sha256(made_by.encode()).hexdigest()[:16]

    def _write(self, key: str, data: bytes, record: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # a later run reads the rows whatever its code: results then tell that theirs is older
        told = {**record, "code": code_version()}
        # the record last: without it the rows do not count
        for name, content in (
            (f"{key}.safetensors", data),
            (f"{key}.json", json.dumps(told, indent=1).encode()),
        ):
            waiting = self.folder / f"{name}.new"
            waiting.write_bytes(content)
            waiting.replace(self.folder / name)

    def _read(self, key: str, plan: RowsPlan) -> Taught | None:
        """Read what was learned; what belongs to another model is learned anew."""
        record_file = self.folder / f"{key}.json"
        if not record_file.is_file():
            return None
        record = json.loads(record_file.read_text("utf-8"))
        data = (self.folder / f"{key}.safetensors").read_bytes()
        try:
            if plan.kind == "lora":
                from bench.methods.dreambooth import read_updates

                return Taught(key, None, read_updates(data, record, self.face), record)
            concept = unpack(data, record, self.face, self.subject.mention)
        except CheckpointError:
            return None
        return Taught(key, concept, {}, record)


def _plain(plan: RowsPlan) -> dict[str, Any]:
    told = {
        "kind": plan.kind,
        "changes": dict(plan.changes),
        "routing": asdict(plan.routing),
        "gen_features": plan.gen_features,
    }
    # told only where they count, so that what others learned keeps its key
    told |= {"class_name": True} if plan.class_name else {}
    return told | ({"batch": "whole"} if plan.kind == "lora" else {})


@torch.no_grad()
def _rows(whole: ConceptTokens, und: Tensor, gen: Tensor, plan: RowsPlan) -> ConceptTokens:
    return ConceptTokens(
        whole.name,
        sks=whole.sks.detach().clone(),
        und=und,
        gen=gen,
        out=whole.out.detach().clone(),
        routing=plan.routing,
    )
