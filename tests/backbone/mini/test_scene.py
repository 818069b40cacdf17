"""Scenes: deterministic, exact masks, the requested things are there."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from backbone.mini.light import TIMES
from backbone.mini.pixels import Bytes
from backbone.mini.places import PLACES
from backbone.mini.scene import render
from backbone.mini.world import World
from omni_errors import InputError


def test_the_same_seed_gives_the_same_scene(world: World) -> None:
    first, second = (world.scene(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    assert first.place == second.place


def test_two_worlds_draw_the_same_scene(world: World) -> None:
    other = World(size=64, pool=6)
    first, second = (each.scene(np.random.default_rng(9)).image for each in (world, other))
    np.testing.assert_array_equal(first, second)


def test_a_scene_has_what_was_asked_for(world: World, rng: Generator) -> None:
    subject = world.subject(rng, family="named")
    scene = world.scene(
        rng, subject=subject, place="snow", time="night", weather="fog", small="red ball"
    )
    assert (scene.place, scene.time, scene.weather) == ("snow", "night", "fog")
    assert [item.subject.name for item in scene.objects][0] == subject.name
    assert "red ball" in [item.subject.name for item in scene.objects]
    assert scene.objects[0].mention == "<sks>"


def test_rendering_again_changes_no_pixel(world: World, rng: Generator) -> None:
    scene = world.scene(rng)
    np.testing.assert_array_equal(render(scene.layout).image, scene.image)


def test_a_mask_lies_in_its_box_and_is_seen(world: World, rng: Generator) -> None:
    scene = world.scene(rng, others=2)
    left, top, right, bottom = scene.box(0)
    outside = scene.mask(0).copy()
    outside[top:bottom, left:right] = False
    assert scene.mask(0).any()
    assert not outside.any()


def test_pixels_far_from_a_removed_object_stay(world: World, rng: Generator) -> None:
    scene = world.scene(rng, others=0, small="", time="day", weather="clear")
    bare = render(replace(scene.layout, objects=()))
    changed = (bare.image != scene.image).any(-1)
    assert changed[scene.mask(0)].mean() > 0.9
    assert changed.mean() < 0.8


def test_visible_masks_never_overlap(world: World, rng: Generator) -> None:
    scene = world.scene(rng, others=2)
    masks = [scene.mask(index) for index in range(len(scene.objects))]
    assert np.sum(masks, axis=0).max() <= 1


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_count_gives_that_many_copies(world: World, rng: Generator, count: int) -> None:
    scene = world.scene(rng, count=count)
    assert len(scene.objects) == count
    assert len({item.subject.name for item in scene.objects}) == 1


@pytest.mark.parametrize("side", ["left", "middle", "right"])
def test_a_side_is_kept_to(world: World, rng: Generator, side: str) -> None:
    scenes = [world.scene(rng, others=0, small="", side=side, size="small") for _ in range(5)]
    assert {scene.objects[0].side for scene in scenes} == {side}


def test_small_scenes_are_smaller_than_big_ones(world: World, rng: Generator) -> None:
    subject = world.subject(rng, family="named")
    small, big = (
        world.scene(rng, subject=subject, others=0, size=size) for size in ("small", "big")
    )
    assert small.mask(0).sum() < big.mask(0).sum()


def test_several_subjects_get_numbered_names(world: World, rng: Generator) -> None:
    subjects = (world.subject(rng), world.subject(rng))
    scene = world.scene(rng, subjects=subjects, others=0)
    assert [item.mention for item in scene.objects] == ["<sks1>", "<sks2>"]


def test_rooms_have_neither_time_nor_weather(world: World, rng: Generator) -> None:
    scene = world.scene(rng, place="kitchen", time="night", weather="rain")
    assert (scene.time, scene.weather) == ("", "")


def test_night_is_darker_than_day(world: World, rng: Generator) -> None:
    scene = world.scene(rng, place="meadow", time="day", weather="clear")
    means = [render(replace(scene.layout, time=time)).image.mean() for time in TIMES]
    assert means[0] > means[2] > means[1]


def test_an_unknown_place_is_named_in_the_error(world: World, rng: Generator) -> None:
    with pytest.raises(InputError, match="moonbase"):
        world.scene(rng, place="moonbase")


def test_any_picture_size_works(rng: Generator) -> None:
    assert World(size=224, pool=1).scene(rng).image.shape == (224, 224, 3)


def _features(image: Bytes) -> NDArray[np.float64]:
    """Describe a picture by its colours on a 4×4 grid."""
    cells = image.reshape(4, 16, 4, 16, 3).astype(float)
    return np.concatenate([cells.mean((1, 3)).ravel(), cells.std((1, 3)).ravel()])


def test_every_place_is_told_apart_by_its_colours(world: World) -> None:
    rng = np.random.default_rng(0)
    names = list(PLACES)
    seen = [[_features(world.backdrops.take(n, rng).image) for _ in range(40)] for n in names]
    table = np.asarray(seen)
    train, test = table[:, :30], table[:, 30:]
    inputs = np.c_[train.reshape(-1, train.shape[-1]) / 255, np.ones(train.shape[0] * 30)]
    wanted = np.repeat(np.eye(len(names)), 30, axis=0)
    weights = np.linalg.solve(inputs.T @ inputs + 0.01 * np.eye(inputs.shape[1]), inputs.T @ wanted)
    scores = np.c_[test.reshape(-1, test.shape[-1]) / 255, np.ones(test.shape[0] * 10)] @ weights
    assert (scores.argmax(1) == np.repeat(np.arange(len(names)), 10)).mean() > 0.97
