"""Portraits: the subject where its frame has it, in another place."""

import numpy as np
from numpy.random import default_rng

from backbone.mini.pixels import resize
from backbone.mini.portraits import portrait
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
