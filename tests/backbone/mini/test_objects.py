"""Subjects: splits, colours, instances of one class, the built-in shapes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator

from backbone.mini.assets import load_assets
from backbone.mini.colours import COLOURS, colour_of, tinted
from backbone.mini.objects import drawn_subject, held_out
from backbone.mini.pack import read_pack, write_pack
from backbone.mini.shapes import SHAPES
from backbone.mini.small_objects import BASES, SMALL_OBJECTS
from backbone.mini.world import World
from omni_errors import FolderError, InputError


def test_there_are_thirty_built_in_shapes_and_a_hundred_small_objects() -> None:
    assert len(SHAPES) >= 30
    assert len(SMALL_OBJECTS) == 100
    assert len({item.name for item in SMALL_OBJECTS}) == 100


def test_held_out_things_never_appear_in_training_scenes(world: World, rng: Generator) -> None:
    scenes = [world.scene(rng) for _ in range(300)]
    assert {item.subject.split for scene in scenes for item in scene.objects} == {"train"}


def test_some_things_are_held_out_and_small_objects_never() -> None:
    assert any(held_out(name) for name in SHAPES)
    assert not any(held_out(name) for name in BASES)


def test_held_out_subjects_can_be_asked_for(world: World, rng: Generator) -> None:
    assert {world.subject(rng, split="held_out").split for _ in range(20)} == {"held_out"}


def test_a_split_without_subjects_is_an_error(world: World, rng: Generator) -> None:
    with pytest.raises(InputError, match="measure"):
        world.subject(rng, split="measure")


@pytest.mark.parametrize("colour", list(COLOURS))
def test_a_thing_drawn_in_a_colour_has_that_colour(colour: str, rng: Generator) -> None:
    assert colour_of(drawn_subject("heart", colour, rng).cutout)[0] == colour


@pytest.mark.parametrize("colour", [name for name in COLOURS if name != "grey"])
def test_painting_gives_the_colour(colour: str, rng: Generator) -> None:
    cutout = drawn_subject("car", "blue", rng).cutout
    assert colour_of(tinted(cutout, colour, rng))[0] == colour


def test_a_sibling_shares_the_class_but_not_the_pixels(world: World, rng: Generator) -> None:
    for _ in range(20):
        subject = world.subject(rng)
        other = world.sibling(subject, rng)
        assert other.class_word == subject.class_word
        assert other.split == subject.split
        assert not np.array_equal(other.cutout, subject.cutout)


def test_cut_outs_have_empty_borders_and_a_visible_middle(world: World) -> None:
    for subject in world.assets.objects:
        assert subject.cutout[0, :, 3].max() == 0
        assert subject.cutout[..., 3].max() == 255


def test_a_pack_gives_back_what_was_written(tmp_path: Path, rng: Generator) -> None:
    images = [drawn_subject("ball", "red", rng).cutout, drawn_subject("box", "blue", rng).cutout]
    write_pack(tmp_path, "things", images, [{"name": "ball"}, {"name": "box"}])
    rows, pictures = zip(*read_pack(tmp_path, "things"), strict=True)
    assert [row["name"] for row in rows] == ["ball", "box"]
    np.testing.assert_array_equal(pictures[1], images[1])


def test_a_folder_without_assets_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="backbone.mini.assets"):
        load_assets(tmp_path)
