"""From photos to tokens in two calls; what is shown to the model is what it says it is."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator

import learning
from backbone import ConceptTokens, load
from backbone.face import Backbone
from backbone.loading import LoadOptions
from learning.checkpoint import RECORD_KEYS, unpack
from learning.cutouts import choose_cutouts
from learning.edit_pairs import world_of
from learning.examples import ExampleSet, Material
from learning.lesson import learn, prepare
from learning.masks import GrabCutSegmenter, SubjectMask, central_ellipse
from learning.presets import Recipe
from learning.scenery import strangers, views_of
from learning.trainer import train
from omni_errors import InputError
from tests.learning.conftest import photo

QUICK = Recipe(
    "quick", und_rows=4, gen_rows=4, steps=3, questions=2, drawings=1, edits=1, scene_edits=5,
    views=2, strangers=4, start="auto", keep_best=True, test_every=1,
)  # fmt: skip


@cache
def given() -> Material:
    return Material("ball", "ball", tuple(photo(n, side=64) for n in range(5)), ("it is round",))


def test_photos_become_tokens_with_their_history(tiny: Backbone, tmp_path: Path) -> None:
    lesson, seen = prepare(tiny, given(), QUICK), list[int]()
    learned = learn(
        tiny, lesson, QUICK, folder=tmp_path, parent=1, on_step=lambda s, _: seen.append(s.step)
    )
    assert seen == [1, 2, 3] and learned.ended == "finished"
    assert set(RECORD_KEYS) <= set(learned.sidecar)
    assert learned.sidecar["parent"] == 1 and learned.sidecar["held_out"]["total"] > 0
    assert unpack(learned.data, learned.sidecar, tiny).und.shape == (4, 80)


def test_a_lesson_has_views_strangers_and_edits(tiny: Backbone) -> None:
    lesson = prepare(tiny, given(), QUICK)
    assert len(lesson.material.photos) == 4 + 2 and len(lesson.masks) == 4
    assert [n.class_word == "ball" for n in lesson.material.negatives] == [True, False, True]
    assert lesson.held_out is not None and len(lesson.held_out.negatives) == 1
    assert all(place for place in lesson.material.places[4:])
    assert lesson.edits.kept_share > 0.5 and len(lesson.material.edits) >= 5


def test_the_papers_lesson_is_photos_and_removals_only(tiny: Backbone) -> None:
    lesson = prepare(tiny, given(), replace(QUICK, scene_edits=0, views=0, strangers=0))
    assert len(lesson.material.photos) == 4 and lesson.material.negatives == ()
    assert {pair.kind for pair in lesson.edits.kept} == {"remove"}


def test_refused_pairs_are_not_learned_from(tiny: Backbone) -> None:
    first = prepare(tiny, given(), QUICK)
    key = first.edits.kept[0].key
    again = prepare(tiny, given(), QUICK, refused={key: "ugly"})
    assert "ugly" in {rejected.reason for rejected in again.edits.rejected}
    assert len(again.material.edits) == len(first.material.edits) - 1


def test_large_photos_are_learned_from_small(tiny: Backbone) -> None:
    recipe = replace(QUICK, side=48, scene_edits=0, views=0, strangers=0)
    lesson = prepare(tiny, given(), recipe)
    assert {p.size for p in lesson.material.photos} == {(48, 48)}
    assert lesson.masks[0].inside.shape == (48, 48)


def test_a_version_before_is_gone_on_from_and_left_alone(tiny: Backbone) -> None:
    lesson = prepare(tiny, given(), replace(QUICK, scene_edits=0, views=0, strangers=0))
    before = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1))
    rows = before.und.detach().clone()
    after = learn(tiny, lesson, replace(QUICK, keep_best=False), start=before).concept
    assert torch.equal(before.und, rows) and not torch.equal(after.und, rows)
    assert (after.und - rows).abs().max() < 0.01


def test_the_same_seed_makes_the_same_lesson(tiny: Backbone) -> None:
    made = [learning.make_examples(prepare(tiny, given(), QUICK).material) for _ in range(2)]
    assert made[0].data_hash == made[1].data_hash
    other = prepare(tiny, given(), replace(QUICK, seed=1)).material
    assert learning.make_examples(other).data_hash != made[0].data_hash


def test_cut_outs_that_took_in_more_are_left_out() -> None:
    photos = [photo(n, side=64) for n in range(3)]
    masks = [GrabCutSegmenter().segment(image, "ball") for image in photos]
    masks[1] = SubjectMask(np.ones((64, 64), np.bool_), "bad")
    assert len(choose_cutouts(photos, masks, "ball")) == 2
    assert all(s.colour == "orange" for s in choose_cutouts(photos, masks, "ball"))


def test_a_guessed_mask_serves_where_there_is_no_other() -> None:
    guess = SubjectMask(central_ellipse((64, 64)), "ellipse", outlined=False)
    assert len(choose_cutouts([photo(1, side=64)], [guess], "ball")) == 1


def test_views_show_the_subject_and_strangers_do_not() -> None:
    image = photo(1, side=64)
    subjects = choose_cutouts([image], [GrabCutSegmenter().segment(image, "ball")], "ball")
    world, rng = world_of(64), np.random.default_rng(1)
    own = [np.asarray(v.image) for v in views_of(subjects, world, rng, 6)]
    others = [np.asarray(n.image) for n in strangers(subjects, "ball", world, rng, 6)]
    assert len(own) == len(others) == 6
    assert own[0].shape == others[0].shape == (64, 64, 3)


def test_names_of_the_room_are_there() -> None:
    assert all(getattr(learning, name) is not None for name in learning.__all__)
    assert dir(learning) == sorted(learning.__all__)
    with pytest.raises(AttributeError):
        _ = learning.nothing


def test_presets_come_without_torch() -> None:
    code = "import sys, learning.presets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_model_loaded_without_drawing_does_not_learn(examples: ExampleSet) -> None:
    face = load("tiny", LoadOptions(understanding_only=True))
    rows = ConceptTokens.random("ball", face.config, Generator().manual_seed(1))
    with pytest.raises(InputError, match="understanding_only"):
        train(face, rows, examples, QUICK)
