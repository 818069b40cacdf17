"""The table of what subjects are taken for."""

from types import SimpleNamespace
from typing import Any, cast

from PIL import Image

from backbone.class_words import Guess
from bench.data.reading import FoundPhoto, FoundSubject
from bench.guessing import row


def test_a_subject_is_told_together_and_photo_by_photo() -> None:
    def guess(photos: list[Image.Image]) -> tuple[Guess, ...]:
        red = [photo.getpixel((0, 0)) == (255, 0, 0) for photo in photos]
        return (Guess("cat" if all(red) else "dog", 0.6),)

    photos = tuple(
        FoundPhoto(Image.new("RGB", (4, 4), colour), f"{colour}.png", colour)
        for colour in ("red", "blue", "green")
    )
    model = cast(Any, SimpleNamespace(guess_class=guess))
    found = row(model, FoundSubject("rex", "hound", photos, (), ()))
    assert found == "| rex | hound | dog | yes | cat 1, dog 2 |"
