"""Who is in a picture, by the photos that are remembered and by the model's own word."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from assistant.colouring import main_colour
from assistant.gallery import Gallery, decoded
from assistant.likeness import Vectors, centred_cosines, common_part, group
from assistant.looking import Look, Looker, embedders
from backbone.mini.evidence import evidence
from graphs.ports import Near
from omni_errors import NotFoundError

if TYPE_CHECKING:
    from backbone import Backbone
    from backbone.concepts import ConceptTokens
    from learning.masks import Segmenter

__all__ = ["Eyes", "OwnPhotos"]

Tokens = Callable[[Sequence[str]], "list[ConceptTokens]"]
# photos that are all compared; beyond, the index chooses
_ALL = 1_000
_NEAREST = 64
# pictures whose look is remembered
_KEPT = 64
# the cosine at which a photo is as likely of the same subject as of another, and how fast that
# changes; as steep as what the embedded model was trained to read
_PARTING, _STEEPNESS = 0.32, 12.0
# a word below this is no idea of what a picture shows
_IDEA = 0.1
# photos of a concept that its colour is read from
_COLOURED = 4


class Eyes:
    """Compare pictures with a user's photos, and ask the model about them."""

    def __init__(
        self,
        model: Callable[[], "Backbone"],
        tokens: Tokens,
        gallery: Gallery,
        looker: Looker,
        segmenter: Callable[[], "Segmenter"],
    ) -> None:
        self.model, self.tokens, self.segmenter = model, tokens, segmenter
        self.gallery, self.looker = gallery, looker
        self.memory, self.user = gallery.memory, gallery.user
        self._looks: dict[int, tuple[Image.Image, Look]] = {}
        # by the ids of the photos they were read from
        self._colours: dict[tuple[str, ...], str] = {}

    def keep(self, photo: str, image: Image.Image) -> None:
        """Keep what a photo looks like, by its id."""
        look = self.look(image)
        for name, vector in zip(self._names(), (look.whole, look.subject), strict=True):
            self.memory.index.put(self.user, "photo", photo, vector.tolist(), embedder=name)

    def look(self, image: Image.Image) -> Look:
        """Look at a picture; the same one again costs nothing."""
        if id(image) not in self._looks:
            while len(self._looks) >= _KEPT:
                self._looks.pop(next(iter(self._looks)))
            self._looks[id(image)] = (image, self.looker.look(image))
        return self._looks[id(image)][1]

    def nearest(self, image: str, count: int) -> Sequence[Near]:
        """Return the nearest concepts, each once, the nearest first."""
        best: dict[str, Near] = {}
        for picture in self.gallery.open(image):
            for near in self.compare(self.look(picture)):
                if near.concept not in best or near.similarity > best[near.concept].similarity:
                    best[near.concept] = near
        return sorted(best.values(), key=lambda near: -near.similarity)[:count]

    def compare(self, look: Look, without: str = "") -> list[Near]:
        """Compare a picture with the photos of each concept, but not with a photo ``without``."""
        self._complete()
        names = self._names()
        concepts, whole = self._known(names[0], look.whole)
        more, subject = self._known(names[1], look.subject)
        # of many photos those that are near by the one are not always near by the other
        concepts |= more
        for known in (whole, subject):
            known.pop(without, None)
        photos = [photo for photo in whole if photo in subject]
        if not photos:
            return []
        parts = [
            centred_cosines(
                asked,
                np.stack([known[photo] for photo in photos]),
                common_part(group(known, concepts), neutral),
            )
            for asked, known, neutral in (
                (look.whole, whole, self.looker.neutral.whole),
                (look.subject, subject, self.looker.neutral.subject),
            )
        ]
        return _best(photos, concepts, parts)

    def margin(self, concept: str, image: str) -> float:
        """Return log p(yes) - log p(no) for the concept being in the picture; 0 without rows."""
        return max(
            self.margin_of(concept, picture, self.compare(self.look(picture)))
            for picture in self.gallery.open(image)
        )

    def sees(self, concept: str, picture: Image.Image) -> bool:
        """Tell whether a concept's tokens find it in a picture, whatever photos are remembered.

        So a turn that is repeated with the same tokens comes to the same.
        """
        return self.margin_of(concept, picture) > 0

    def margin_of(
        self, concept: str, picture: Image.Image, near: Sequence[Near] | None = None
    ) -> float:
        """Ask the model whether a concept is in a picture.

        What photos are ``near`` is told before the question; None tells nothing.
        """
        loaded = self.tokens([concept])
        if not loaded:
            return 0.0
        model, name = self.model(), loaded[0].name
        reading = model.read(loaded).add_image(picture)
        told = _told(name, concept, near) if near is not None else ""
        return model.margin(reading.add_text(f"{told}Is <{name}> in this photo?"))

    def likeness(self, found: Sequence[tuple[str, float]]) -> str:
        """Say in the model's words how alike a picture is to concepts, by name and cosine."""
        return _line(found)

    def kind(self, image: str, *, coloured: bool = False) -> str:
        """Say what a picture seems to show, as "a dog"; "" for several, or for no idea."""
        from backbone.mini.words import with_article

        pictures = self.gallery.open(image)
        told = self.model().guess_class(pictures) if len(pictures) == 1 else ()
        # what is worn may be somebody who wears it, and people are no class
        clear = bool(told) and told[0].probability >= _IDEA and not told[0].worn
        word = told[0].word if clear else "thing" if coloured and told else ""
        if not word:
            return ""
        colour = main_colour(self.segmenter(), pictures, word) if coloured else ""
        return with_article(f"{colour} {word}".strip())

    def colour(self, concept: str) -> str:
        """Name the colour a concept mostly has in its photos; "" without any."""
        photos = self.memory.photos.list(self.user, concept)
        read = self.memory.photos.read
        chosen = tuple(photo.id for photo in photos[:_COLOURED])
        if chosen not in self._colours:
            shown = [decoded(read(self.user, photo)) for photo in chosen]
            kind = self.memory.concepts.by_id(self.user, concept).class_name
            self._colours[chosen] = main_colour(self.segmenter(), shown, kind)
        return self._colours[chosen]

    def stored(self, photo: str) -> Look:
        """Return what a photo looks like, by its id."""
        self._complete()
        whole, subject = (
            self.memory.index.get(self.user, photo, embedder=name) for name in self._names()
        )
        if whole is None or subject is None:
            raise NotFoundError(f"There is no photo with the id {photo!r}.")
        return Look(np.asarray(whole), np.asarray(subject))

    def _names(self) -> tuple[str, str]:
        return embedders(self.model().config.name)

    def _known(self, embedder: str, asked: Vectors) -> tuple[dict[str, str], dict[str, Vectors]]:
        """Return concept and vector of the photos to compare with."""
        index = self.memory.index
        rows = index.photos(self.user, embedder=embedder, limit=_ALL)
        concepts = {photo: concept for photo, concept, _ in rows}
        vectors = {photo: np.asarray(vector) for photo, _, vector in rows}
        if len(rows) == _ALL:
            near = index.nearest("photo", asked.tolist(), self.user, _NEAREST, embedder=embedder)
            for one in near:
                vector = index.get(self.user, one.id, embedder=embedder)
                if vector is not None:
                    concepts[one.id] = self.memory.photos.get(self.user, one.id).concept_id
                    vectors[one.id] = np.asarray(vector)
        return concepts, vectors

    def _complete(self) -> None:
        """Look at photos that this model has not seen: imported, or kept with another one."""
        for name in self._names():
            for photo in self.memory.index.missing(self.user, embedder=name):
                self.keep(photo, decoded(self.memory.photos.read(self.user, photo)))


class OwnPhotos:
    """A user's photos, by id, as if each were new: it is not compared with itself."""

    def __init__(self, eyes: Eyes) -> None:
        self.eyes = eyes

    def nearest(self, image: str, count: int) -> Sequence[Near]:
        """Return the nearest concepts, each once, the nearest first."""
        return self.eyes.compare(self.eyes.stored(image), image)[:count]

    def margin(self, concept: str, image: str) -> float:
        """Return log p(yes) - log p(no) for the concept being in the photo."""
        photo = decoded(self.eyes.memory.photos.read(self.eyes.user, image))
        return self.eyes.margin_of(
            concept, photo, self.eyes.compare(self.eyes.stored(image), image)
        )

    def likeness(self, found: Sequence[tuple[str, float]]) -> str:
        """Say in the model's words how alike a picture is to concepts, by name and cosine."""
        return _line(found)


def _told(name: str, concept: str, near: Sequence[Near]) -> str:
    """Say how alike the nearest photo of a concept is, as a likelihood."""
    similarity = next((one.similarity for one in near if one.concept == concept), -1.0)
    return _line([(name, similarity)]) + "\n"


def _line(found: Sequence[tuple[str, float]]) -> str:
    """Say how alike the nearest photos of concepts are, each as a likelihood."""
    pairs = [(name, 1 / (1 + math.exp(-_STEEPNESS * (one - _PARTING)))) for name, one in found]
    return evidence(pairs)


def _best(
    photos: Sequence[str], concepts: Mapping[str, str], parts: Sequence[Vectors]
) -> list[Near]:
    """Choose the most similar photo of each concept; both cosines count the same."""
    mean = np.mean(parts, axis=0)
    found: dict[str, Near] = {}
    for place in np.argsort(-mean):
        photo = photos[place]
        whole, subject = (round(float(part[place]), 4) for part in parts)
        near = Near(
            concepts[photo],
            round(float(mean[place]), 4),
            photo,
            {"whole": whole, "subject": subject},
        )
        found.setdefault(concepts[photo], near)
    return list(found.values())
