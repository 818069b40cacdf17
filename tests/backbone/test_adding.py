"""What is added to a photo is laid in as it is drawn, where the edit puts it."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from backbone.adding import add_drawn, drawn_thing, lay_in
from backbone.painting import ImageOptions, Picture
from omni_errors import CancelledError

WALL, GRASS = Image.new("RGB", (128, 128), "white"), Image.new("RGB", (128, 128), "green")


def marked(image: Image.Image, box: tuple[int, int, int, int], colour: str) -> Image.Image:
    made = image.copy()
    ImageDraw.Draw(made).rectangle(box, fill=colour)
    return made


def drawn(there: bool, backdrop: str) -> Image.Image:
    return marked(WALL, (80, 80, 109, 109), "red") if there else WALL


def test_a_thing_is_what_one_drawing_has_more() -> None:
    thing = drawn_thing(drawn(True, ""), WALL)
    assert thing is not None
    assert 28 * 28 - 60 < thing.area <= 31 * 31
    assert thing.colours[15, 15].tolist() == [255, 0, 0]


def test_two_drawings_that_are_alike_have_no_thing() -> None:
    assert drawn_thing(WALL, WALL) is None


def test_it_is_laid_in_where_the_edit_changed_most_and_on_the_same_ground() -> None:
    edited = marked(marked(GRASS, (20, 60, 49, 89), "maroon"), (5, 5, 8, 8), "maroon")
    made = np.asarray(lay_in(GRASS, edited, drawn)).astype(int)
    red = (made[..., 0] > 200) & (made[..., 1] < 60)
    rows, columns = np.nonzero(red)
    assert abs(int(rows.max()) - 89) <= 3 and abs(columns.mean() - 35) < 3
    assert made[6, 6].tolist() == [0, 128, 0]


@pytest.mark.parametrize("edited", [GRASS, marked(GRASS, (5, 5, 8, 8), "red")])
def test_an_edit_that_adds_next_to_nothing_stays(edited: Image.Image) -> None:
    assert lay_in(GRASS, edited, drawn) is edited


def test_a_rim_where_drawings_differ_is_no_thing_and_the_edit_stays() -> None:
    def rim(there: bool, backdrop: str) -> Image.Image:
        return marked(WALL, (80, 80, 84, 84), "red") if there else WALL

    edited = marked(GRASS, (20, 60, 49, 89), "maroon")
    assert lay_in(GRASS, edited, rim) is edited


def test_what_is_not_told_from_one_wall_is_drawn_before_another() -> None:
    asked: list[str] = []

    def white(there: bool, backdrop: str) -> Image.Image:
        asked.append(backdrop)
        wall = Image.new("RGB", (128, 128), "pink") if backdrop else WALL
        return marked(wall, (80, 80, 109, 109), "white") if there else wall

    made = lay_in(GRASS, marked(GRASS, (20, 60, 49, 89), "maroon"), white)
    assert made.getpixel((35, 75)) == (255, 255, 255)
    assert asked == ["", "", " in front of a pink wall", " in front of a pink wall"]


def test_who_stops_the_drawings_keeps_the_edit() -> None:
    def stopped(*_: Any, **__: Any) -> Picture:
        raise CancelledError("Stopped.")

    made = Picture(marked(GRASS, (20, 60, 49, 89), "maroon"), 5, (128, 128))
    model = cast(Any, SimpleNamespace(generate=stopped))
    concept = cast(Any, SimpleNamespace(name="maeve"))
    assert add_drawn(model, GRASS, made, "a red ball", concept, ImageOptions()) is made
