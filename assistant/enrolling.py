"""Taking a concept in: photos, facts, and first rows that work before any training."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.gallery import decoded
from assistant.guessing import guess_class
from assistant.pictures import encode
from learning.checkpoint import backbone_id, pack
from learning.photos import take_in
from memory.names import MAX_FACT, check_name, check_text
from memory.values import Concept, Photo, Unlearned
from omni_errors import InputError

if TYPE_CHECKING:
    from PIL import Image

    from assistant.assistant import Assistant
    from backbone.concepts import ConceptTokens
    from learning.photos import Intake

__all__ = ["INSTANT", "Enrolled", "Enrolling", "kept_as"]

# what the record of first rows calls its recipe
INSTANT = "instant"


@dataclass(frozen=True)
class Enrolled:
    """A concept that can be used, and what became of the files."""

    concept: Concept
    duplicates: int
    unreadable: tuple[tuple[Path, str], ...]


class Enrolling:
    """Take concepts of a user in."""

    def __init__(self, assistant: "Assistant") -> None:
        self.assistant = assistant
        self.memory, self.user = assistant.memory, assistant.user

    def add(
        self, paths: Sequence[Path | str], name: str, class_name: str, facts: Sequence[str]
    ) -> Enrolled:
        """Take in photos and facts, all or nothing.

        Without a class, that of a new concept is guessed, and stays open if it is not sure.

        Raises:
            InputError: if a name or fact is none, or no photo can be read.
            WeightsError: if the model is not on this machine.
        """
        name = check_name(name)
        kind = check_name(class_name, "class") if class_name.strip() else ""
        told = [check_text(text, "fact", MAX_FACT, empty=False) for text in facts]
        intake = take_in(paths)
        known = self.memory.concepts.find(self.user, name)
        new = self._new(known, intake)
        kind = kind or self._guessed(known, [image for image, _ in new])
        rows = self._rows(known, name, kind, [image for image, _ in new])
        with self.memory.or_nothing(), self.memory.writing():
            concept = self._called(known, name, kind)
            for text in dict.fromkeys(told):
                self.memory.facts.add(self.user, concept.id, text)
            kept = [self._keep(concept, image, data) for image, data in new]
            if rows is not None:
                self._commit(concept, rows)
        for photo, (image, _) in zip(kept, new, strict=True):
            self.assistant.eyes.keep(photo, image)
        again = len(intake.photos) - len(new)
        unreadable = tuple((one.path, one.reason) for one in intake.unreadable)
        return Enrolled(concept, intake.duplicates + again, unreadable)

    def _guessed(self, known: Concept | None, photos: "Sequence[Image.Image]") -> str:
        if known is not None and known.class_name:
            return known.class_name
        guess = guess_class(self.assistant.backbone, photos)
        return guess.word if guess is not None and guess.sure else ""

    def _called(self, known: Concept | None, name: str, kind: str) -> Concept:
        """Return the concept by its class: a new one, or one that is corrected."""
        concepts = self.memory.concepts
        if known is None:
            return concepts.add(self.user, name, kind)
        return known if kind == known.class_name else concepts.reclass(self.user, name, kind)

    def _new(self, known: Concept | None, intake: "Intake") -> "list[tuple[Image.Image, bytes]]":
        """Return the photos that the concept does not have, with the bytes they are kept as."""
        held = self.memory.photos.list(self.user, known.id) if known else ()
        before = {photo.sha256 for photo in held}
        pairs = [(photo.image, encode(photo.image, {})) for photo in intake.photos]
        return [pair for pair in pairs if _digest(pair[1]) not in before]

    def _keep(self, concept: Concept, image: "Image.Image", data: bytes) -> str:
        width, height = image.size
        add = self.memory.photos.add
        return add(self.user, concept.id, data, width=width, height=height).id

    def _rows(
        self, known: Concept | None, name: str, kind: str, new: "Sequence[Image.Image]"
    ) -> "ConceptTokens | None":
        """Write first rows from all photos; None where those there are need no others."""
        model = self.assistant.backbone
        active = self.memory.checkpoints.active(self.user, known.id) if known else None
        if active and not new and active.backbone == backbone_id(model):
            return None
        old = self.memory.photos.list(self.user, known.id) if known else ()
        read = self.memory.photos.read
        photos = [decoded(read(self.user, photo.id)) for photo in old] + list(new)
        return first_rows(self.assistant, name, kind, photos)

    def leave_out(self, concept: Concept, photo: Photo) -> Unlearned:
        """Remove a photo and the tokens that saw it, and write first rows from the others.

        Raises:
            InputError: if it is the only one.
            WeightsError: if the model is not on this machine.
        """
        held = self.memory.photos.list(self.user, concept.id)
        left = [one for one in held if one.id != photo.id]
        if not left:
            raise InputError(
                f"It is the only photo of {concept.name}.",
                hint="Add another one first, or forget all of it: "
                f"omni concept forget {shlex.quote(concept.name)}.",
            )
        shown = [decoded(self.memory.photos.read(self.user, one.id)) for one in left]
        rows = first_rows(self.assistant, concept.name, concept.class_name, shown)
        with self.memory.locked():
            with self.memory.or_nothing(), self.memory.writing():
                self._commit(concept, rows, without=photo.sha256)
            return self.memory.remove_photo(self.user, photo.id)

    def _commit(self, concept: Concept, rows: "ConceptTokens", *, without: str = "") -> None:
        """Keep first rows; trained ones of the same model stay in use until the next training."""
        held = self.memory.photos.list(self.user, concept.id)
        model, checkpoints = self.assistant.backbone, self.memory.checkpoints
        record: dict[str, Any] = {
            "concept": concept.name,
            "class": concept.class_name,
            "recipe": INSTANT,
            "photos": [photo.sha256 for photo in held if photo.sha256 != without],
        }
        data, sidecar = pack(rows, model, record)
        active = checkpoints.active(self.user, concept.id)
        trained = (
            active is not None
            and active.backbone == sidecar["backbone"]
            and (
                checkpoints.sidecar(self.user, concept.id, active.version).get("recipe") != INSTANT
            )
        )
        checkpoints.add(self.user, concept.id, data, sidecar, activate=not trained)


def kept_as(path: Path | str) -> str:
    """Return the SHA-256 that the photo of a file is kept under.

    Raises:
        InputError: if it cannot be read.
    """
    return _digest(encode(take_in([path]).photos[0].image, {}))


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def first_rows(
    assistant: "Assistant", name: str, kind: str, photos: "Sequence[Image.Image]"
) -> "ConceptTokens":
    """Let the model's own encoders write rows, or begin at random where it has none."""
    from torch import Generator

    from backbone import ConceptTokens

    model, segmenter = assistant.backbone, assistant.segmenter
    if model.writer is None:
        return ConceptTokens.random(name, model.config, Generator().manual_seed(0))
    from learning.masks import outline_all
    from learning.portrait import write_rows

    masks = [mask.inside for mask in outline_all(segmenter, photos, kind)]
    return write_rows(model, name, photos, masks)
