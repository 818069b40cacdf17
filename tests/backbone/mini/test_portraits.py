"""Portraits: the subject where its frame has it, in another place."""

import numpy as np
from numpy.random import default_rng

from backbone.mini.arrangement import beside
from backbone.mini.captions import caption
from backbone.mini.pixels import resize
from backbone.mini.places import PLACES
from backbone.mini.portraits import portrait, unnamed
from backbone.mini.scene import Placed
from backbone.mini.views import frame, masked_crop, subject_views
from backbone.mini.world import World


def test_a_portrait_shows_the_subject_where_its_frame_has_it(world: World) -> None:
    rng = default_rng(3)
    view = subject_views(world, world.subject(rng), 1, rng, square_of=frame)[0]
    made = portrait(world, view, rng, "beach")
    inside = resize((view.crop_mask * 255).astype(np.uint8), *made.mask(0).shape) > 127
    assert (made.mask(0) & inside).sum() > 0.9 * (made.mask(0) | inside).sum()


def test_a_crop_is_the_square_around_the_mask() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[10:20, 5:35] = True
    _, inside = masked_crop(np.zeros((40, 40, 3), np.uint8), mask, 34)
    assert inside.any(0).sum() == 30 and inside.any(1).sum() == 10


def test_in_a_frame_a_subject_stands_in_the_middle_with_room_around() -> None:
    mask = np.zeros((60, 60), np.bool_)
    mask[10:42, 20:36] = True
    top, left, edge = frame(mask)
    assert edge == 50 and left + edge / 2 == 28
    assert 0.9 < (42 - top) / edge < 0.94


def test_nothing_is_said_of_a_place_that_was_not_asked_for(world: World) -> None:
    rng = default_rng(5)
    view = subject_views(world, world.subject(rng), 1, rng, square_of=frame)[0]
    said = {caption(unnamed(world, view, rng), rng) for _ in range(20)}
    named = [phrase for place in PLACES.values() for phrase in place.phrases]
    assert not [text for text in said if any(phrase in text for phrase in named)]


def test_a_subject_without_a_place_is_seen_before_something_bright(world: World) -> None:
    rng = default_rng(5)
    view = subject_views(world, world.subject(rng), 1, rng, square_of=frame)[0]
    assert unnamed(world, view, rng).image[:8].mean() > 180


def test_small_things_lie_to_the_right_unless_the_subject_is_there(world: World) -> None:
    rng, ball = default_rng(1), world.small["red ball"]
    middle, right = (Placed(ball, x, 0.9, 0.4) for x in (0.52, 0.7))
    assert beside(ball, middle, rng).x > middle.x
    assert beside(ball, right, rng).x < right.x
