"""Masks find what stands in the middle; holes are filled and nothing else changes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from learning.inpainting import DiffusersInpainter, TeleaInpainter, find_inpainter, grown
from learning.masks import (
    GrabCutSegmenter,
    Mask,
    MaskOptions,
    TextSegmenter,
    central_ellipse,
    find_segmenter,
)
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


def test_a_hole_as_large_as_the_photo_is_filled_somehow() -> None:
    image, _ = scene()
    whole = np.ones((image.height, image.width), np.bool_)
    assert TeleaInpainter().fill(image, whole, np.random.default_rng(1)).size == image.size


def test_a_grown_mask_holds_the_mask() -> None:
    mask = central_ellipse((50, 40))
    wide = grown(mask)
    assert (wide & mask).sum() == mask.sum() < wide.sum()


def test_networks_that_are_not_here_are_refused_with_another_way() -> None:
    image, truth = scene()
    with pytest.raises(ResourceError, match="segmenter salient"):
        TextSegmenter().segment(image, "ball")
    with pytest.raises(ResourceError, match="inpainter opencv"):
        DiffusersInpainter().fill(image, truth, np.random.default_rng(1))


def test_both_are_chosen_by_name() -> None:
    assert isinstance(find_segmenter("grabcut"), GrabCutSegmenter)
    assert isinstance(find_inpainter("opencv"), TeleaInpainter)


@pytest.mark.parametrize("choice", ["", "grab", "text2", "grabcut:x", "opencv:x", "diffuser"])
def test_a_name_that_is_none_is_told_those_there_are(choice: str) -> None:
    with pytest.raises(InputError, match="Use salient, grabcut, text"):
        find_segmenter(choice)
    with pytest.raises(InputError, match="Use opencv, diffusers"):
        find_inpainter(choice)


def test_what_is_chosen_has_to_be_here(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="is not on this machine"):
        find_segmenter(f"text:{tmp_path}")
    with pytest.raises(ResourceError, match="config set inpainter opencv"):
        find_inpainter(f"diffusers:{tmp_path}")


def small_network(folder: Path) -> Path:
    """Write a text-prompted network of random weights, as large as a test needs."""
    import torch
    import transformers as t

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    words = {c + end: 0 for c in "abcdefghijklmnopqrstuvwxyz" for end in ("", "</w>")}
    vocabulary = [*words, "<|startoftext|>", "<|endoftext|>"]
    numbered = {word: number for number, word in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(numbered))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    text = {**sizes, "num_hidden_layers": 2, "vocab_size": len(vocabulary)}
    text |= {"bos_token_id": len(vocabulary) - 2, "eos_token_id": len(vocabulary) - 1}
    vision = {**sizes, "num_hidden_layers": 3, "image_size": 32, "patch_size": 8}
    config = t.CLIPSegConfig(
        text_config=text,
        vision_config=vision,
        projection_dim=16,
        reduce_dim=8,
        extract_layers=[0, 1],
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    t.CLIPSegForImageSegmentation(config).save_pretrained(folder)
    tokenizer = t.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    image = t.ViTImageProcessor(size={"height": 32, "width": 32})
    t.CLIPSegProcessor(image, tokenizer).save_pretrained(folder)
    return folder


def test_a_text_prompted_network_in_a_folder_is_asked(tmp_path: Path) -> None:
    found = find_segmenter(f"text:{small_network(tmp_path)}")
    assert isinstance(found, TextSegmenter)
    image, _ = scene()
    # chance decides where its shades lie; below them all it finds nothing believable
    found.threshold = 0.0
    assert found.segment(image, "ball").method == "grabcut"
    methods = set()
    for found.threshold in np.linspace(0.3, 0.7, 80):
        methods.add(found.segment(image, "ball").method)
    assert "text" in methods
