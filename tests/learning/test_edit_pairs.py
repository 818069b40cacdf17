"""Edit pairs change what they say and nothing else; what does not is rejected with a reason."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng
from PIL import Image

from learning.edit_pairs import (
    SCENE_KINDS,
    EditPair,
    judge,
    measure,
    removal_pairs,
    scene_pairs,
    subject_of,
    world_of,
)
from learning.inpainting import TeleaInpainter
from learning.masks import GrabCutSegmenter
from learning.review import read_refusals, write_review
from omni_errors import InputError
from tests.learning.conftest import photo


@cache
def removals() -> tuple[EditPair, ...]:
    photos = [photo(n, side=96) for n in range(3)]
    masks = [GrabCutSegmenter().segment(image, "ball") for image in photos]
    return removal_pairs(photos, masks, "rex", "ball", TeleaInpainter(), default_rng(1))


@cache
def scenes() -> tuple[EditPair, ...]:
    image = photo(1, side=96)
    mask = GrabCutSegmenter().segment(image, "ball").inside
    subject = subject_of(image, mask, "ball")
    return scene_pairs([subject], "rex", world_of(64), default_rng(2), 10)


def test_removal_is_asked_for_as_in_the_paper() -> None:
    assert {pair.instruction for pair in removals()} == {"remove <rex>: ball from the photo"}


def test_what_is_removed_is_gone_and_the_rest_is_not_touched() -> None:
    for pair in removals():
        before, after = (np.asarray(image, np.float32) for image in (pair.source, pair.target))
        assert (before[pair.stays] == after[pair.stays]).all()
        orange = (after[..., 0] > 200) & (after[..., 2] < 60)
        assert orange.mean() < 0.02 < ((before[..., 0] > 200) & (before[..., 2] < 60)).mean()


def test_every_kind_of_scene_mentions_the_concept() -> None:
    assert {pair.kind for pair in scenes()} == set(SCENE_KINDS)
    assert all("<rex>" in pair.instruction for pair in scenes())
    assert judge(scenes()).kept_share >= 0.8


def test_scenes_agree_outside_their_mask() -> None:
    for pair in scenes():
        found = measure(pair)
        assert found.outside == 0 or pair.kind == "background"
        assert found.inside > 0


def test_a_cut_out_holds_the_subject_only() -> None:
    image = photo(1, side=96)
    subject = subject_of(image, GrabCutSegmenter().segment(image, "ball").inside, "ball")
    assert (subject.colour, subject.class_word) == ("orange", "ball")
    with pytest.raises(InputError, match="mask"):
        subject_of(image, np.zeros((96, 96), np.bool_), "ball")


def test_bad_pairs_are_rejected_with_a_reason() -> None:
    good = removals()[0]
    other = Image.fromarray(255 - np.asarray(good.source))
    bad = {
        "nothing should": replace(good, target=other),
        "nobody would": replace(good, target=good.source),
        "of the picture": replace(good, changes=np.ones_like(good.changes), stays=~good.changes),
        "size": replace(good, target=good.target.resize((50, 50))),
        "outlined": replace(good, note="The subject could not be outlined."),
    }
    judged = judge([good, *bad.values()])
    assert judged.kept == (good,)
    for words, rejected in zip(bad, judged.rejected, strict=True):
        assert words in rejected.reason
    assert judged.kept_share == pytest.approx(1 / 6)


def test_a_photo_without_outline_gives_no_removal() -> None:
    plain = Image.new("RGB", (64, 64), "navy")
    mask = GrabCutSegmenter().segment(plain, "ball")
    pairs = removal_pairs([plain], [mask], "rex", "ball", TeleaInpainter(), default_rng(1))
    assert "outlined" in judge(pairs).rejected[0].reason


def test_the_same_seed_makes_the_same_pairs() -> None:
    image = photo(1, side=96)
    subject = subject_of(image, GrabCutSegmenter().segment(image, "ball").inside, "ball")
    again = scene_pairs([subject], "rex", world_of(64), default_rng(2), 10)
    assert [pair.key for pair in again] == [pair.key for pair in scenes()]


def test_what_a_person_takes_out_stays_out(tmp_path: Path) -> None:
    sheet, file = write_review(judge(scenes()), tmp_path)
    with Image.open(sheet) as drawn:
        assert drawn.width > 600
    record = json.loads(file.read_text())
    assert len(record["pairs"]) == len(scenes())
    record["pairs"][0]["keep"] = False
    file.write_text(json.dumps(record))
    first = record["pairs"][0]["key"]
    judged = judge(scenes(), refused=read_refusals(file))
    assert first in {rejected.pair.key for rejected in judged.rejected}
    write_review(judge(removals()), tmp_path)
    assert list(read_refusals(file)) == [first]


def test_a_broken_review_file_is_named(tmp_path: Path) -> None:
    assert read_refusals(tmp_path / "none.json") == {}
    (tmp_path / "edits.json").write_text("[1, 2]")
    with pytest.raises(InputError, match=r"edits\.json"):
        read_refusals(tmp_path / "edits.json")
