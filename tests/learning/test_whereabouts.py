"""The background of a photo is named where it is plain, and by a model that can tell places."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

from backbone import load
from backbone.face import Backbone
from backbone.mini.places import PLACES
from learning.masks import GrabCutSegmenter, SubjectMask
from learning.whereabouts import AskedModel, background_of, name_places


def on(colour: tuple[int, int, int], spread: float = 12.0) -> Image.Image:
    """Draw a red disc on a noisy ground."""
    rng = np.random.default_rng(2)
    pixels = rng.normal(0, spread, (90, 120, 3)) + colour
    pixels[disc()] = (200, 40, 30)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def disc() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    y, x = np.ogrid[:90, :120]
    inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (y - 45) ** 2 + (x - 60) ** 2 < 700
    return inside


@pytest.mark.parametrize(
    ("colour", "place"),
    [
        ((245, 245, 245), "on a white background"),
        ((240, 140, 180), "on a pink background"),
        ((90, 150, 40), "on the grass"),
        ((120, 120, 125), ""),
        ((40, 90, 180), ""),
    ],
)
def test_a_plain_background_is_named(colour: tuple[int, int, int], place: str) -> None:
    assert background_of(on(colour, 5.0), SubjectMask(disc(), "truth")) == place


def test_a_guess_at_the_subject_names_nothing() -> None:
    white = on((245, 245, 245))
    assert background_of(white, SubjectMask(disc(), "ellipse", outlined=False)) == ""
    whole = SubjectMask(np.ones((90, 120), np.bool_), "truth")
    assert background_of(white, whole) == ""


class Seer:
    """Know a picture by its mean colour, and doubt as much as one is told to."""

    def __init__(self, certain: float) -> None:
        self.certain, self.model = certain, SimpleNamespace(vit_model=True)
        self.places = {sentence_of(place): place for place in PLACES}
        self.shown: list[Image.Image] = []

    def read(self) -> "Seer":
        return self

    def add_image(self, photo: Image.Image) -> "Seer":
        self.shown.append(photo)
        return self

    def add_text(self, text: str) -> "Seer":
        return self

    def scores(self, reading: object, answers: Sequence[str]) -> list[SimpleNamespace]:
        place = self.shown[-1].info.get("place")
        rights = [place == self.places[answer] for answer in answers]
        return [SimpleNamespace(log_probability=self.certain * right) for right in rights]


def sentence_of(place: str) -> str:
    phrase = PLACES[place].phrases[0]
    return f"{phrase[0].upper()}{phrase[1:]}."


def asked(seer: Seer, monkeypatch: pytest.MonkeyPatch, *drawn: str) -> AskedModel:
    """Ask of pictures that say where they are."""
    pictures = []
    for place in drawn:
        pictures.append(Image.new("RGB", (8, 8)))
        pictures[-1].info["place"] = place
    monkeypatch.setattr(AskedModel, "_drawn", tuple(pictures))
    return AskedModel(cast(Backbone, seer))


EXAM = ("beach", "snow", "forest", "kitchen", "pink studio")


@pytest.mark.parametrize(("certain", "said"), [(5.0, "in the desert"), (1.0, "")])
def test_a_model_that_sees_is_believed_where_it_is_sure(
    monkeypatch: pytest.MonkeyPatch, certain: float, said: str
) -> None:
    model, photo = asked(Seer(certain), monkeypatch, *EXAM), Image.new("RGB", (8, 8))
    photo.info["place"] = "desert"
    assert model.sees and model.tell(photo) == said


def test_a_model_that_takes_one_place_for_another_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = asked(Seer(9.0), monkeypatch, *reversed(EXAM))
    assert not model.sees and model.tell(Image.new("RGB", (8, 8))) == ""


def test_places_come_in_the_order_of_the_photos() -> None:
    photos = [on((120, 120, 125)), on((90, 150, 40)), on((245, 245, 245))]
    found = name_places(load("tiny"), photos, GrabCutSegmenter(), "ball")
    assert found == ("", "on the grass", "on a white background")
