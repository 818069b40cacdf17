"""A reader with random weights, small enough for a test, and lessons from noise."""

from dataclasses import replace

import numpy as np

from backbone.blank import random_model
from backbone.config import ImageTransform
from backbone.mini.fixed_map import make_map
from backbone.mini.lessons import Lesson
from backbone.mini.pixels import Bytes
from backbone.mini.reader import Reader, make_reader
from backbone.tokenizer import ByteTokenizer
from backbone.whitening import fit_whitening
from tests.backbone import small

DRAWN = ImageTransform(max_image_size=32, min_image_size=32, image_stride=16)
SEEN = ImageTransform(max_image_size=28, min_image_size=28, image_stride=14)


def reader() -> Reader:
    config = replace(
        small.config("apart"),
        connector="whitened",
        connector_rank=16,
        connector_glance=12,
        vae_transform=DRAWN,
        vit_transform=SEEN,
    )
    model = random_model(config, seed=1)
    assert config.vision is not None
    whitening = fit_whitening(small.noise(100, config.vision.hidden_size), 16)
    width = config.trunk.understanding.hidden_size
    telling = small.noise(12, 16, seed=4)
    fixed = make_map(whitening, telling, whitening.mean + 0.1, width)
    return make_reader(model, ByteTokenizer(), fixed)


def picture(seed: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def recognition(answer: str = "Yes", views: int = 2) -> Lesson:
    shown = tuple(picture(seed) for seed in range(views))
    turns = (("Is <sks> here?", answer),)
    return Lesson("recognise", turns, picture(9), ("sks",), (shown,))


def naming() -> Lesson:
    return Lesson("name", (("What is this?", "a cup"),), picture(5))
