"""A small thing counts where it is found, and in an edit where it stands out more than before."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from bench.subjects import Subject
from bench.things import add, draw, lay

RED, BLUE = Image.new("RGB", (128, 128), "red"), Image.new("RGB", (128, 128), "blue")
ANNA = Subject("anna", "girl", (BLUE,), (BLUE,))


class Redness:
    """A reader that takes red for every thing."""

    def thing_mark(self, image: Image.Image, thing: str) -> float:
        return 1.0 if image.getpixel((0, 0)) == (255, 0, 0) else 0.0

    def rank_things(self, image: Image.Image) -> dict[str, float]:
        return dict.fromkeys(["red umbrella", *_THINGS], self.thing_mark(image, ""))


_THINGS = ["blue ball", "yellow duck", "red car", "white cup", "green bottle", "red heart"]
_THINGS += ["orange pumpkin", "brown basket", "red book"]


@pytest.mark.parametrize(("made", "found"), [(RED, True), (BLUE, False)])
def test_a_thing_counts_where_it_is_found(
    monkeypatch: pytest.MonkeyPatch, made: Image.Image, found: bool
) -> None:
    model = SimpleNamespace(
        generate=lambda text, **_: SimpleNamespace(image=made),
        edit=lambda image, text, **_: SimpleNamespace(image=made),
    )
    given = cast(Any, model), ANNA, cast(Any, None), cast(Any, Redness())
    monkeypatch.setattr("bench.things.add_drawn", lambda model, photo, made, *_: made)
    for images, marks, _ in (draw(*given), add(*given), lay(*given)):
        assert (len(images), marks) == (11, [found] * 10)


def test_what_is_new_is_judged_by_its_colour() -> None:
    model = SimpleNamespace(edit=lambda image, text, **_: SimpleNamespace(image=RED))
    _, _, coloured = add(cast(Any, model), ANNA, cast(Any, None), cast(Any, Redness()))
    assert coloured == [thing.startswith("red ") for thing in ("red umbrella", *_THINGS)]


def test_what_was_there_before_was_not_added() -> None:
    model = SimpleNamespace(edit=lambda image, text, **_: SimpleNamespace(image=RED))
    anna = Subject("anna", "girl", (RED,), (RED,))
    _, found, coloured = add(cast(Any, model), anna, cast(Any, None), cast(Any, Redness()))
    assert not any(found) and not any(coloured)
