"""A tiny model trained through the public training forward gives its toy set back."""

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Generator, nn

from backbone.autoencoder import PixelAutoencoder
from backbone.blank import random_model
from backbone.config import PixelConfig
from backbone.decoding import TextOptions
from backbone.face import Backbone
from backbone.flow import Guidance
from backbone.painting import ImageOptions
from backbone.tokenizer import ByteTokenizer
from tests.backbone import small

UNGUIDED = ImageOptions(seed=5, size=(32, 32), num_timesteps=16, guidance=Guidance(1.0))


def disc(colour: str, x: int) -> Image.Image:
    """Draw a disc on grey."""
    image = Image.new("RGB", (32, 32), "grey")
    ImageDraw.Draw(image).ellipse((x, 8, x + 14, 22), fill=colour)
    return image


RED, BLUE = disc("red", 4), disc("blue", 14)


def lossless() -> Backbone:
    """Build a tiny model whose autoencoder only cuts blocks, so that pictures can come back.

    A latent token must hold fewer numbers than the expert is wide, or noise cannot pass.
    """
    config = small.config()
    blocks = PixelConfig(downsample=2, z_channels=12, width=4, num_blocks=0)
    model = random_model(replace(config, autoencoder=blocks), seed=2)
    autoencoder = model.autoencoder
    assert isinstance(autoencoder, PixelAutoencoder)
    for half in (autoencoder.encoder, autoencoder.decoder):
        nn.init.eye_(half.linear.weight[:, :, 0, 0])
        nn.init.zeros_(half.conv_out.weight)
    for part in model.children():
        part.requires_grad_(part is not model.autoencoder)
    return Backbone(model, ByteTokenizer())


@cache
def trained() -> Backbone:
    """Train on one question, one drawing and one edit until they are known by heart."""
    face, generator = lossless(), Generator().manual_seed(1)
    make = face.examples
    question = make.question("what is it?", "a red ball", photo=RED)
    drawing, editing = make.drawing("a red ball", RED), make.editing(RED, "make it blue", BLUE)
    rows = [[question], *[[drawing]] * 4, *[[editing]] * 4]
    steps = 320
    weights = [p for p in face.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-2, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=steps)
    for _ in range(steps):
        optimizer.zero_grad()
        face.losses(rows, generator).total.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
    return face


def distance(ours: Image.Image, wanted: Image.Image) -> float:
    """Return the mean difference in levels of 255."""
    both = [np.asarray(image, dtype=np.float32) for image in (ours, wanted)]
    return float(np.abs(both[0] - both[1]).mean())


def test_the_text_comes_back() -> None:
    reading = trained().read().add_image(RED).add_text("what is it?")
    assert trained().answer(reading, TextOptions(30)) == "a red ball"


def test_the_picture_comes_back() -> None:
    picture = trained().generate("a red ball", options=UNGUIDED).image
    assert distance(picture, RED) < 12
    assert distance(picture, RED) < distance(picture, BLUE) / 2


def test_the_edited_picture_comes_back() -> None:
    picture = trained().edit(RED, "make it blue", options=UNGUIDED).image
    assert distance(picture, BLUE) < 12
    assert distance(picture, BLUE) < distance(picture, RED) / 2
