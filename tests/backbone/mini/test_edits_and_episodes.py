"""Edits that are exact, views that show the subject, episodes whose answers are true."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator
from PIL import Image

from backbone.mini.edits import EDITS, edit
from backbone.mini.episodes import episode, recognition, who_is_this
from backbone.mini.preview import write_sheet
from backbone.mini.views import masked_crop, subject_views
from backbone.mini.world import World
from omni_errors import InputError


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_changes_nothing_outside_its_mask(world: World, rng: Generator, kind: str) -> None:
    for _ in range(6):
        made = edit(world, rng, kind)
        np.testing.assert_array_equal(made.source[~made.mask], made.target[~made.mask])
        assert made.mask.any()
        assert "{" not in made.instruction


def test_removing_uses_the_papers_template_too(world: World) -> None:
    rng = np.random.default_rng(0)
    texts = {edit(world, rng, "remove").instruction for _ in range(120)}
    assert any(
        text.startswith("remove <sks>: ") and text.endswith(" from the photo") for text in texts
    )


def test_a_replaced_background_leaves_the_objects(world: World, rng: Generator) -> None:
    made = edit(world, rng, "background")
    solid = made.before.alphas[0] == 255
    np.testing.assert_array_equal(made.source[solid], made.target[solid])
    assert made.after.place == made.wanted != made.before.place


def test_a_moved_object_stands_where_it_was_told(world: World, rng: Generator) -> None:
    made = edit(world, rng, "move", subject=world.subject(rng, family="named"))
    assert made.wanted in made.instruction
    assert made.before.objects[0].side != made.wanted


def test_an_unknown_edit_is_an_error(world: World, rng: Generator) -> None:
    with pytest.raises(InputError, match="explode"):
        edit(world, rng, "explode")


def test_views_show_the_subject_each_time_differently(world: World, rng: Generator) -> None:
    views = subject_views(world, world.subject(rng), 5, rng, crop_side=32)
    assert all(view.mask.sum() > 20 for view in views)
    assert all(view.crop.shape == (32, 32, 3) for view in views)
    assert len({view.image.tobytes() for view in views}) == 5


def test_a_masked_crop_is_grey_outside_the_mask() -> None:
    image, mask = np.full((40, 40, 3), 200, np.uint8), np.zeros((40, 40), np.bool_)
    mask[10:20, 5:25] = True
    crop, inside = masked_crop(image, mask, 24)
    assert (crop[0, 0] == 127).all() and not inside[0, 0]
    assert (crop[12, 12] == 200).all() and inside[12, 12]


def test_an_empty_mask_gives_a_grey_crop() -> None:
    crop, inside = masked_crop(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.bool_), 4)
    assert (crop == 127).all() and not inside.any()


@pytest.mark.parametrize("present", [True, False])
def test_recognition_answers_follow_what_is_there(
    world: World, rng: Generator, present: bool
) -> None:
    made = recognition(world, rng, present=present)
    assert made.key == ("yes" if present else "no")
    assert made.answer.lower().startswith(made.key)
    assert "<sks>" in made.question


def test_recognition_is_balanced_and_has_negatives_of_the_same_class(world: World) -> None:
    rng = np.random.default_rng(2)
    kinds = Counter(recognition(world, rng, views=1).kind for _ in range(120))
    assert 0.35 < kinds["present"] / 120 < 0.65
    assert kinds["same class"] >= kinds["same place"] > 0


def test_who_is_this_names_the_one_that_is_shown(world: World, rng: Generator) -> None:
    for _ in range(10):
        made = who_is_this(world, rng, registered=4)
        assert made.key == "" or made.key in made.answer
        assert len(made.views) == len(made.names) == 4
        known = made.scene.objects[0].subject.name in [s.name for s in made.subjects]
        assert made.key == "" or known


def test_several_concepts_in_one_scene_are_all_named(world: World) -> None:
    rng = np.random.default_rng(4)
    made = next(e for e in iter(lambda: who_is_this(world, rng, shown=2), None) if e.key)
    assert made.key.count("<sks") == 2


def test_held_out_episodes_show_held_out_subjects(world: World, rng: Generator) -> None:
    made = episode(world, rng, views=1, split="held_out")
    assert {subject.split for subject in made.subjects} == {"held_out"}


def test_the_preview_is_a_picture(world: World, tmp_path: Path) -> None:
    write_sheet(world, 0, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 600 and sheet.height > 1000
