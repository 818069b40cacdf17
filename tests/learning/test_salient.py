"""What photos of one subject share is found where the middle of a photo would be wrong."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Generator

from learning.masks import (
    GrabCutSegmenter,
    Mask,
    MaskOptions,
    SubjectMask,
    find_segmenter,
    outline_all,
)
from learning.saliency import shared_saliency
from learning.salient import SalientSegmenter
from omni_errors import InputError

GROUNDS = ((60, 130, 60), (90, 90, 160), (170, 150, 110))
CORNERS = ((0.02, 0.1), (0.55, 0.45), (0.3, 0.02))


def scenes() -> list[tuple[Image.Image, Mask]]:
    """Draw an orange ball on three grounds, where the middle mostly shows the ground."""
    return [_scene(ground, at) for ground, at in zip(GROUNDS, CORNERS, strict=True)]


def _scene(
    ground: tuple[int, int, int], at: tuple[float, float], side: float = 0.42
) -> tuple[Image.Image, Mask]:
    noise = np.random.default_rng(3).normal(0, 6, (160, 160, 3)) + ground
    image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    truth = Image.new("L", image.size)
    box = tuple(round(160 * edge) for edge in (*at, at[0] + side, at[1] + side))
    ImageDraw.Draw(image).ellipse(box, fill=(230, 120, 30))
    ImageDraw.Draw(truth).ellipse(box, fill=255)
    return image, np.asarray(truth) > 127


def overlap(found: Mask, truth: Mask) -> float:
    return float((found & truth).sum() / (found | truth).sum())


def test_cells_that_all_maps_share_are_the_subject() -> None:
    made = Generator().manual_seed(1)
    subject, *grounds = torch.randn(4, 16, generator=made)
    maps = [
        ground.expand(6, 6, 16) + 0.1 * torch.randn(6, 6, 16, generator=made) for ground in grounds
    ]
    for each in maps:
        each[1:4, 2:5] = subject + 0.1 * torch.randn(3, 3, 16, generator=made)
    for share in shared_saliency(maps):
        assert share.shape == (6, 6) and share[1:4, 2:5].min() > 2 * share[5].max()


def test_saliency_is_a_share() -> None:
    found = shared_saliency([torch.randn(3, 5, 4, generator=Generator().manual_seed(2))])
    assert found[0].shape == (3, 5) and 0 <= found[0].min() <= found[0].max() <= 1


def test_a_subject_off_the_middle_is_outlined_in_all_photos() -> None:
    photos = scenes()
    masks = SalientSegmenter().segment_all([image for image, _ in photos], "ball")
    shares = [overlap(m.inside, truth) for m, (_, truth) in zip(masks, photos, strict=True)]
    plain = [overlap(GrabCutSegmenter().segment(i, "ball").inside, t) for i, t in photos]
    assert min(shares) > 0.75 and sum(shares) > sum(plain)
    assert all(mask.outlined for mask in masks)


def test_a_small_subject_is_no_ellipse_in_the_middle() -> None:
    small, truth = _scene(GROUNDS[0], (0.1, 0.2), side=0.2)
    photos = [image for image, _ in scenes()]
    found = SalientSegmenter().segment_all([small, *photos], "ball")[0]
    assert found.outlined and found.share < 0.15
    assert (found.inside & truth).sum() > 0.8 * truth.sum()


def test_one_photo_is_outlined_too_and_always_alike() -> None:
    (image, truth), segmenter = scenes()[2], SalientSegmenter()
    first, second = (segmenter.segment(image, "ball") for _ in range(2))
    assert first.inside.shape == truth.shape and (first.inside == second.inside).all()


def test_where_no_outline_is_found_the_middle_is_the_guess() -> None:
    segmenter = SalientSegmenter(MaskOptions(min_share=0.3, max_share=0.31))
    segmenter._found = segmenter.options
    found = segmenter.segment(scenes()[0][0], "ball")
    assert (found.method, found.outlined) == ("ellipse", False)


@pytest.mark.parametrize("size", [(1, 1), (300, 20)])
def test_odd_photos_have_a_mask_of_their_size(size: tuple[int, int]) -> None:
    found = SalientSegmenter().segment_all([Image.new("RGB", size, "navy")], "ball")
    assert found[0].inside.shape == size[::-1]


def test_no_photos_have_no_masks() -> None:
    assert SalientSegmenter().segment_all([], "ball") == ()


def test_the_segmenter_is_found_by_its_name() -> None:
    assert isinstance(find_segmenter("salient"), SalientSegmenter)
    with pytest.raises(InputError, match="salient, grabcut"):
        find_segmenter("magic")


def test_photos_are_outlined_together_where_a_segmenter_can() -> None:
    class Counting(GrabCutSegmenter):
        def segment_all(self, images: Sequence[Image.Image], what: str) -> tuple[SubjectMask, ...]:
            return tuple(SubjectMask(np.ones((2, 2), np.bool_), what) for _ in images)

    images = [image for image, _ in scenes()]
    assert [mask.method for mask in outline_all(Counting(), images, "cup")] == ["cup"] * 3
    assert len(outline_all(GrabCutSegmenter(), images, "cup")) == 3
