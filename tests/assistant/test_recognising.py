"""What a picture seems to show, by the vision encoder's classes and the pixels."""

from pathlib import Path

import pytest
from PIL import Image

from assistant import Assistant, recognising
from backbone import Backbone
from backbone.class_words import Guess
from tests.assistant.conftest import paint


@pytest.fixture
def red(tmp_path: Path) -> str:
    file = tmp_path / "red.png"
    Image.new("RGB", (64, 64), (214, 40, 40)).save(file)
    return str(file)


@pytest.mark.parametrize(
    ("guess", "coloured", "told"),
    [
        (Guess("owl", 0.6), False, "an owl"),
        (Guess("owl", 0.6), True, "a red owl"),
        (Guess("owl", 0.05), False, ""),
        (Guess("owl", 0.05), True, "a red thing"),
        # somebody wears it
        (Guess("suit", 0.9, worn=True), False, ""),
    ],
)
def test_a_picture_is_of_what_it_clearly_shows(
    assistant: Assistant,
    red: str,
    monkeypatch: pytest.MonkeyPatch,
    guess: Guess,
    coloured: bool,
    told: str,
) -> None:
    monkeypatch.setattr(Backbone, "guess_class", lambda self, photos: (guess,))
    assert assistant.eyes.kind(red, coloured=coloured) == told


def test_a_model_without_classes_has_no_idea(assistant: Assistant, red: str) -> None:
    assert assistant.eyes.kind(red) == ""


def test_a_concept_has_the_colour_of_its_photos(assistant: Assistant, red: str) -> None:
    concept = assistant.concepts.add([red], name="Rex", class_name="dog").concept
    assert assistant.eyes.colour(concept.id) == "red"


def test_of_many_photos_those_near_by_one_look_alone_are_compared_too(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    monkeypatch.setattr(recognising, "_ALL", 1)
    monkeypatch.setattr(recognising, "_NEAREST", 1)
    both = {one.concept.id for one in known.concepts.list()}
    for number in range(8):
        look = known.eyes.look(paint(number, 5))
        assert {near.concept for near in known.eyes.compare(look)} <= both
