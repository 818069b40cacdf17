"""Masks find what stands in the middle; holes are filled and nothing else changes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from learning.inpainting import DiffusersInpainter, TeleaInpainter, grown
from learning.masks import GrabCutSegmenter, Mask, MaskOptions, TextSegmenter, central_ellipse
from omni_errors import InputError, ResourceError


def scene(size: tuple[int, int] = (120, 90)) -> tuple[Image.Image, Mask]:
    """Draw an orange disc on noisy green, and where it is."""
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 6, (size[1], size[0], 3)) + (60, 130, 60)
    image = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    truth = Image.new("L", size)
    box = (size[0] * 0.3, size[1] * 0.3, size[0] * 0.62, size[1] * 0.72)
    ImageDraw.Draw(image).ellipse(box, fill=(230, 120, 30))
    ImageDraw.Draw(truth).ellipse(box, fill=255)
    return image, np.asarray(truth) > 127


@pytest.mark.parametrize("size", [(120, 90), (90, 120), (640, 480)])
def test_grabcut_outlines_the_subject(size: tuple[int, int]) -> None:
    image, truth = scene(size)
    found = GrabCutSegmenter().segment(image, "ball")
    overlap = (found.inside & truth).sum() / (found.inside | truth).sum()
    assert found.outlined and overlap > 0.85
    assert found.inside.shape == (size[1], size[0])


def test_the_same_photo_gives_the_same_mask() -> None:
    image, _ = scene()
    first, second = (GrabCutSegmenter().segment(image, "ball").inside for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("colour", ["white", "navy"])
def test_a_plain_photo_gets_a_central_ellipse(colour: str) -> None:
    found = GrabCutSegmenter().segment(Image.new("RGB", (80, 60), colour), "ball")
    assert not found.outlined and found.method == "ellipse"
    assert 0.3 < found.share < 0.5
    assert found.inside[30, 40] and not found.inside[0, 0]


def test_share_limits_are_checked() -> None:
    with pytest.raises(InputError, match="min_share"):
        MaskOptions(min_share=0.9, max_share=0.5)
    image, _ = scene()
    assert not GrabCutSegmenter(MaskOptions(min_share=0.5)).segment(image, "ball").outlined


def test_a_hole_is_filled_like_its_surroundings() -> None:
    image, truth = scene()
    hole = grown(truth)
    filled = np.asarray(TeleaInpainter().fill(image, hole, np.random.default_rng(1)), np.float32)
    before = np.asarray(image, np.float32)
    assert (filled[~hole] == before[~hole]).all()
    assert np.abs(filled[hole].mean(0) - (60, 130, 60)).max() < 12
    assert 2 < filled[truth].std(0).mean() < 12


def test_a_grown_mask_holds_the_mask() -> None:
    mask = central_ellipse((50, 40))
    wide = grown(mask)
    assert (wide & mask).sum() == mask.sum() < wide.sum()


def test_networks_that_are_not_here_are_refused_with_another_way() -> None:
    image, truth = scene()
    with pytest.raises(ResourceError, match="GrabCutSegmenter"):
        TextSegmenter().segment(image, "ball")
    with pytest.raises(ResourceError, match="TeleaInpainter"):
        DiffusersInpainter().fill(image, truth, np.random.default_rng(1))
