"""What photos show where nobody said it, and what becomes of a class."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant import Assistant
from assistant.guessing import ClassGuess, guess_class
from backbone.class_words import Guess


@pytest.mark.parametrize(
    ("first", "sure"),
    [
        (Guess("dog", 0.8), True),
        (Guess("bucket", 0.07), False),
        # who wears it may be meant
        (Guess("suit", 0.8, worn=True), False),
    ],
)
def test_a_clear_thing_is_sure(first: Guess, sure: bool) -> None:
    model = cast(Any, SimpleNamespace(guess_class=lambda photos: (first,)))
    assert guess_class(model, ()) == ClassGuess(first.word, sure)


def test_a_model_without_classes_has_no_idea() -> None:
    assert guess_class(cast(Any, SimpleNamespace(guess_class=lambda photos: ())), ()) is None


def test_a_new_concept_is_what_its_photos_show(
    assistant: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant.backbone, "guess_class", lambda photos: (Guess("dog", 0.8),))
    learned = assistant.concepts.add([photos / "maeve"], name="Maeve")
    assert learned.concept.class_name == "dog"
    monkeypatch.setattr(assistant.backbone, "guess_class", lambda photos: (Guess("dog", 0.1),))
    assert assistant.concepts.add([photos / "rex"], name="Rex").concept.class_name == ""


def test_a_class_that_is_given_later_corrects_it(assistant: Assistant, photos: Path) -> None:
    assistant.concepts.add([photos / "maeve"], name="Maeve", class_name="dog")
    again = assistant.concepts.add([photos / "maeve"], name="Maeve")
    assert again.concept.class_name == "dog"
    corrected = assistant.concepts.add([photos / "maeve"], name="Maeve", class_name="wolf")
    assert corrected.concept.class_name == "wolf"
    assert assistant.concepts.show("Maeve").concept.class_name == "wolf"
