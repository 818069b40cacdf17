"""The concepts of a user: learn, list, show, rename, test, forget, export and import."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.results import Learned, Shown, Tested
from memory.values import Concept, ConceptSummary, Photo, Receipt
from omni_errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from assistant.assistant import Assistant
    from backbone import ConceptTokens
    from learning.photos import Intake

__all__ = ["PRESETS", "ConceptBook"]

PRESETS = ("none", "quick", "paper")


def _silent(text: str) -> None:
    pass


class ConceptBook:
    """Everything a user does with concepts."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant

    def add(
        self,
        paths: Sequence[Path | str],
        *,
        name: str,
        class_name: str,
        facts: Iterable[str] = (),
        preset: str = "none",
        on_note: Callable[[str], None] = _silent,
    ) -> Learned:
        """Learn a concept, or more photos and facts of one that is known.

        Raises:
            InputError: if the name or preset is none, or no photo can be read.
            WeightsError: if the model is not on this machine.
        """
        from learning.photos import take_in

        if preset not in PRESETS:
            raise InputError(f"There is no preset {preset!r}.", hint=f"Use {', '.join(PRESETS)}.")
        start, memory, user = time.monotonic(), self.assistant.memory, self.assistant.user
        intake = take_in(paths)
        tokens = self._first_rows(name, class_name, [photo.image for photo in intake.photos])
        vectors = [self.assistant.backbone.embed_image(p.image).tolist() for p in intake.photos]
        with memory.writing():
            concept = memory.concepts.find(user, name) or memory.concepts.add(
                user, name, class_name
            )
            known = {fact.text for fact in memory.facts.list(user, concept.id)}
            for text in dict.fromkeys(facts):
                if text not in known:
                    memory.facts.add(user, concept.id, text)
            before = {photo.sha256 for photo in memory.photos.list(user, concept.id)}
            added = self._keep(concept, intake, vectors)
            version = self._commit(concept, tokens, intake, preset="instant")
        seconds = time.monotonic() - start
        on_note(f"Usable after {seconds:.1f} s.")
        if preset != "none":
            on_note(f"Training ({preset}) is not in this version: the tokens are the encoders'.")
        twice = sum(photo.sha256 in before for photo in added)
        return Learned(
            concept,
            len(memory.photos.list(user, concept.id)),
            intake.duplicates + twice,
            tuple((one.path, one.reason) for one in intake.unreadable),
            memory.facts.list(user, concept.id),
            version,
            seconds,
        )

    def _first_rows(
        self, name: str, class_name: str, photos: Sequence["Image.Image"]
    ) -> "ConceptTokens":
        """Let the model's own encoders write rows, or begin at random where it has none."""
        from torch import Generator

        from backbone import ConceptTokens
        from learning.masks import GrabCutSegmenter

        backbone, segmenter = self.assistant.backbone, GrabCutSegmenter()
        if backbone.writer is None:
            return ConceptTokens.random(name, backbone.config, Generator().manual_seed(0))
        masks = [segmenter.segment(photo, class_name).inside for photo in photos]
        return backbone.write_concept(name, photos, masks)

    def _keep(
        self, concept: Concept, intake: "Intake", vectors: Sequence[Sequence[float]]
    ) -> tuple[Photo, ...]:
        from assistant.pictures import encode

        kept, memory, user = [], self.assistant.memory, self.assistant.user
        for photo, vector in zip(intake.photos, vectors, strict=True):
            width, height = photo.image.size
            row = memory.photos.add(
                user, concept.id, encode(photo.image, {}), width=width, height=height
            )
            memory.index.put(user, "photo", row.id, vector, embedder=self.assistant.embedder)
            kept.append(row)
        return tuple(kept)

    def _commit(
        self, concept: Concept, tokens: "ConceptTokens", intake: "Intake", *, preset: str
    ) -> int:
        from learning.checkpoint import pack

        record: dict[str, Any] = {
            "concept": concept.name,
            "class": concept.class_name,
            "recipe": preset,
            "photos": [photo.sha256 for photo in intake.photos],
        }
        data, sidecar = pack(tokens, self.assistant.backbone, record)
        checkpoints = self.assistant.memory.checkpoints
        return checkpoints.add(self.assistant.user, concept.id, data, sidecar).version

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

    def test(self, name: str) -> Tested:
        """Ask whether a concept is in its own photos and in those of the others.

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
        """Tell for each photo whether the concept is seen in it."""
        seen = []
        for photo in photos:
            image = _open(self.assistant.memory.photos.read(self.assistant.user, photo.id))
            seen.append(self.assistant.recognise(image, [concept])[0].margin > 0)
        return tuple(seen)

    def forget(self, name: str, *, images: bool = False, mentions: bool = False) -> Receipt:
        """Remove a concept and everything known of it, then search for what is left.

        Raises:
            NotFoundError: if there is no such concept.
        """
        memory = self.assistant.memory
        return memory.forget(self.assistant.user, name, images=images, mentions=mentions)

    def export(self, name: str, path: Path) -> Path:
        """Write a concept into a new zip file.

        Raises:
            NotFoundError: if there is no such concept.
        """
        return self.assistant.memory.export(self.assistant.user, name, path)

    def import_(self, path: Path, *, name: str | None = None) -> Concept:
        """Take in a concept from a file, all of it or nothing.

        Raises:
            InputError: if the file is none that was exported.
        """
        return self.assistant.memory.import_(self.assistant.user, path, name=name)


def _open(data: bytes) -> "Image.Image":
    import io

    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")
