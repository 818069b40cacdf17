"""The concepts of a user: learn, list, show, rename, test, forget, export and import."""

import os
import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.results import Learned, Shown, Tested
from memory.values import Checkpoint, Concept, ConceptSummary, Fact, Photo, Receipt, Unlearned
from omni_errors import InputError, NotFoundError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.guessing import ClassGuess
    from assistant.workshop import OnStep
    from learning.presets import Recipe
    from learning.trainer import StepLosses

__all__ = ["PRESETS", "ConceptBook"]

PRESETS = ("none", "quick", "paper")


def _silent(text: str) -> None:
    """Hear a note, and say nothing."""


def _unheard(losses: "StepLosses", steps: int) -> None:
    """Hear of a step, and do nothing."""


class ConceptBook:
    """Everything a user does with concepts; a concept is meant by its name, or else its id."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant

    def add(
        self,
        paths: Sequence[Path | str],
        *,
        name: str,
        class_name: str = "",
        facts: Iterable[str] = (),
        preset: "str | Recipe" = "none",
        on_note: Callable[[str], None] = _silent,
        on_step: "OnStep" = _unheard,
    ) -> Learned:
        """Learn a concept, or more photos and facts of one that is known.

        Without ``class_name`` its photos say what it is, if they are clear; given again for one
        that is known, it is corrected. It can be used once its photos are read, before any
        training; ``on_note`` says when. A training that was stopped goes on when the same is added
        again. ``on_step`` hears the losses of each step, and the number of steps.

        Raises:
            InputError: if a name, fact or preset is none, or no photo can be read.
            WeightsError: if the model is not on this machine.
            ResourceError: if the segmenter or inpainter that was chosen is not.
            CancelledError: on Ctrl-C while training; the concept stays usable.
        """
        from assistant.enrolling import Enrolling
        from assistant.others import trained_before

        recipe = _recipe(preset)
        start = time.monotonic()
        if recipe is not None:
            self._open_tools()
        taken = Enrolling(self.assistant).add(paths, name, class_name, tuple(facts))
        concept = taken.concept
        self.assistant.recollection.catch_up()
        seconds = time.monotonic() - start
        on_note(f"Usable after {seconds:.1f} s.")
        training = self._trained(concept, recipe, on_step) if recipe else {}
        memory, user = self.assistant.memory, self.assistant.user
        active = memory.checkpoints.active(user, concept.id)
        return Learned(
            concept,
            len(memory.photos.list(user, concept.id)),
            taken.duplicates,
            taken.unreadable,
            memory.facts.list(user, concept.id),
            active.version if active else None,
            seconds,
            training,
            tuple(trained_before(memory, user, concept)),
        )

    def guess_class(self, paths: Sequence[Path | str]) -> "ClassGuess | None":
        """Guess what photos show; None if the model knows no classes.

        Raises:
            InputError: if no photo can be read.
            WeightsError: if the model is not on this machine.
        """
        from assistant.guessing import guess_class
        from learning.photos import take_in

        photos = [photo.image for photo in take_in(paths).photos]
        return guess_class(self.assistant.backbone, photos)

    def add_photos(
        self,
        name: str,
        paths: Sequence[Path | str],
        *,
        preset: "str | Recipe" = "none",
        on_note: Callable[[str], None] = _silent,
        on_step: "OnStep" = _unheard,
    ) -> Learned:
        """Learn more photos of a concept that is known.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if no photo can be read.
        """
        concept = self.assistant.memory.concepts.get(self.assistant.user, name)
        return self.add(
            paths,
            name=concept.name,
            class_name=concept.class_name,
            preset=preset,
            on_note=on_note,
            on_step=on_step,
        )

    def train(
        self, name: str, preset: "str | Recipe" = "quick", *, on_step: "OnStep" = _unheard
    ) -> Mapping[str, Any]:
        """Train a concept's tokens, or go on with a training that was stopped.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if the preset is none, or another process trains it.
            CancelledError: on Ctrl-C; training again goes on.
        """
        concept = self.assistant.memory.concepts.get(self.assistant.user, name)
        recipe = _recipe(preset)
        if recipe is None:
            raise InputError("Nothing is trained with 'none'.", hint="Use quick or paper.")
        return self._trained(concept, recipe, on_step)

    def _open_tools(self) -> None:
        """Open what finds and removes subjects: what is not here is told before all else."""
        _ = self.assistant.segmenter, self.assistant.inpainter

    def _trained(self, concept: Concept, recipe: "Recipe", on_step: "OnStep") -> dict[str, Any]:
        # before what is imported: the budget is for all that the user waits for
        began = time.monotonic()
        from assistant.listening import Listener
        from assistant.schooling import School

        return School(self.assistant).train(concept, recipe, on_step, Listener(), began=began)

    def review(self, name: str) -> Path:
        """Write the sheet of a concept's edit pairs and return its path.

        The file ``edits.json`` beside it says what is kept; pairs with ``"keep": false`` are not
        learned from.

        Raises:
            NotFoundError: if there is no such concept.
            WeightsError: if the model is not on this machine.
        """
        from assistant.schooling import School

        concept = self.assistant.memory.concepts.get(self.assistant.user, name)
        return School(self.assistant).sheet(concept)

    # facts; loads no model

    def facts(self, name: str) -> tuple[Fact, ...]:
        """List what was told of a concept, in order.

        Raises:
            NotFoundError: if there is no such concept.
        """
        memory, user = self.assistant.memory, self.assistant.user
        return memory.facts.list(user, memory.concepts.get(user, name).id)

    def add_fact(self, name: str, text: str) -> Fact:
        """Tell something of a concept; what is known already changes nothing.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if the text is empty or too long.
        """
        memory, user = self.assistant.memory, self.assistant.user
        fact = memory.facts.add(user, memory.concepts.get(user, name).id, text)
        self.assistant.recollection.catch_up()
        return fact

    def remove_fact(self, name: str, fact: str) -> Unlearned:
        """Remove something that was told, by its text or id, with the tokens that learned it.

        What a stopped training keeps goes as well: the next one begins anew.

        Raises:
            NotFoundError: if there is no such concept or fact.
        """
        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        found = memory.remove_fact(user, self._fact(concept, fact).id)
        self._give_up_training(concept)
        return found

    def change_fact(self, name: str, fact: str, text: str) -> tuple[Fact, Unlearned]:
        """Say something that was told anew, found by its text or id; as `remove_fact` otherwise.

        Raises:
            NotFoundError: if there is no such concept or fact.
            InputError: if the text is empty or too long.
        """
        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        before = self._fact(concept, fact)
        changed, found = memory.change_fact(user, before.id, text)
        if changed.text != before.text:
            self._give_up_training(concept)
        self.assistant.recollection.catch_up()
        return changed, found

    def _fact(self, concept: Concept, fact: str) -> Fact:
        facts = self.assistant.memory.facts.list(self.assistant.user, concept.id)
        for one in facts:
            if fact.strip() in (one.id, one.text):
                return one
        known = ", ".join(repr(one.text) for one in facts) or "none"
        raise NotFoundError(f"{concept.name} has no fact {fact!r}.", hint=f"Known: {known}.")

    # photos

    def photos(self, name: str) -> tuple[Photo, ...]:
        """List the photos of a concept in the order they came; loads no model.

        Raises:
            NotFoundError: if there is no such concept.
        """
        memory, user = self.assistant.memory, self.assistant.user
        return memory.photos.list(user, memory.concepts.get(user, name).id)

    def remove_photo(self, name: str, photo: str | Path) -> Unlearned:
        """Remove a photo, by its id or the file it came from, with the tokens that saw it.

        First tokens are written from the photos that stay. What a stopped training keeps goes as
        well.

        Raises:
            NotFoundError: if there is no such concept or photo.
            InputError: if it is the only one, or the file cannot be read.
            WeightsError: if the model is not on this machine.
        """
        from assistant.enrolling import Enrolling

        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        found = Enrolling(self.assistant).leave_out(concept, self._photo(concept, photo))
        self._give_up_training(concept)
        return found

    def _photo(self, concept: Concept, photo: str | Path) -> Photo:
        from assistant.enrolling import kept_as

        held = self.photos(concept.name)
        kept = kept_as(photo) if os.path.isfile(photo) else ""
        found = next((one for one in held if str(photo) == one.id or kept == one.sha256), None)
        if found is None:
            raise NotFoundError(
                f"{concept.name} has no photo {str(photo)!r}.",
                hint=f"It has photos 1 to {len(held)}: "
                f"`omni concept photos {shlex.quote(concept.name)}` lists them.",
            )
        return found

    def _give_up_training(self, concept: Concept) -> None:
        # looked for first, since what trains takes long to import
        if (self.assistant.home / "training" / concept.id).is_dir():
            from assistant.schooling import School

            School(self.assistant).give_up(concept)

    def list(self) -> tuple[ConceptSummary, ...]:
        """List the user's concepts by name; loads no model."""
        return self.assistant.memory.concepts.summaries(self.assistant.user)

    def show(self, name: str) -> Shown:
        """Show what is remembered of a concept; loads no model.

        Raises:
            NotFoundError: if there is no such concept.
        """
        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        active = memory.checkpoints.active(user, concept.id)
        record = memory.checkpoints.sidecar(user, concept.id, active.version) if active else {}
        facts = memory.facts.list(user, concept.id)
        photos = len(memory.photos.list(user, concept.id))
        return Shown(concept, facts, photos, active.version if active else None, record)

    def rename(self, name: str, new: str) -> Concept:
        """Call a concept something else.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if the new name is none, or another's.
        """
        return self.assistant.memory.concepts.rename(self.assistant.user, name, new)

    def versions(self, name: str) -> tuple[Checkpoint, ...]:
        """List the versions of a concept's tokens, oldest first; loads no model.

        Raises:
            NotFoundError: if there is no such concept.
        """
        memory, user = self.assistant.memory, self.assistant.user
        return memory.checkpoints.list(user, memory.concepts.get(user, name).id)

    def roll_back(self, name: str, version: int | None = None) -> Checkpoint:
        """Use an earlier version of the tokens, by default the one the present came from.

        Nothing is removed: a later version can be named as well.

        Raises:
            NotFoundError: if there is no such concept or version, or none before.
        """
        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        if version is None:
            active = memory.checkpoints.active(user, concept.id)
            version = active.parent if active else None
        if version is None:
            raise NotFoundError(
                f"{concept.name} has no version before the one in use.",
                hint=f"See `omni concept versions {shlex.quote(concept.name)}`.",
            )
        return memory.checkpoints.activate(user, concept.id, version)

    def test(self, name: str) -> Tested:
        """Ask whether a concept is in its own photos and in those of the others.

        Each of its photos is compared with the rest; its tokens may have been learned from all.

        Raises:
            NotFoundError: if there is no such concept.
            WeightsError: if the model is not on this machine.
        """
        memory, user = self.assistant.memory, self.assistant.user
        concept = memory.concepts.get(user, name)
        own = self._judged(concept, memory.photos.list(user, concept.id))
        others = [c for c in memory.concepts.list(user) if c.id != concept.id]
        foreign = [p for c in others for p in memory.photos.list(user, c.id)]
        strange = self._judged(concept, foreign)
        return Tested(
            concept.name,
            sum(own) / len(own) if own else None,
            1 - sum(strange) / len(strange) if strange else None,
            len(own) + len(strange),
        )

    def _judged(self, concept: Concept, photos: Iterable[Photo]) -> tuple[bool, ...]:
        """Tell for each photo whether the concept is seen in it, by the other photos."""
        from assistant.recognising import OwnPhotos
        from graphs.recognition import evidence

        own, known = OwnPhotos(self.assistant.eyes), self.assistant.register.list()
        options, asked = self.assistant.recognition, [concept.id]
        judged = []
        for photo in photos:
            found = evidence(photo.id, known, own, own, options, asked)
            judged.append(any(one.sure and one.concept == concept.id for one in found))
        return tuple(judged)

    def forget(self, name: str, *, images: bool = False, mentions: bool = False) -> Receipt:
        """Remove a concept and everything known of it, then search for what is left.

        Raises:
            NotFoundError: if there is no such concept.
        """
        from assistant.forgetting import forget

        return forget(self.assistant, name, images=images, mentions=mentions)

    def export(self, name: str, path: Path | str) -> Path:
        """Write a concept into a new zip file.

        Raises:
            NotFoundError: if there is no such concept.
        """
        return self.assistant.memory.export(self.assistant.user, name, Path(path))

    def import_(self, path: Path | str, *, name: str | None = None) -> Concept:
        """Take in a concept from a file, all of it or nothing.

        Raises:
            NotFoundError: if there is no such file.
            InputError: if the file is none that was exported.
        """
        return self.assistant.memory.import_(self.assistant.user, Path(path), name=name)


def _recipe(preset: "str | Recipe") -> "Recipe | None":
    """Find a preset; None for the one that trains nothing.

    Raises:
        InputError: if there is none of that name.
    """
    from learning.presets import find_recipe

    if not isinstance(preset, str):
        return preset
    if preset not in PRESETS:
        raise InputError(f"There is no preset {preset!r}.", hint=f"Use {', '.join(PRESETS)}.")
    return None if preset == "none" else find_recipe(preset)
