"""Any picture in, upright RGB out, at the sizes of the rule."""

import numpy as np
import pytest
import torch
from PIL import Image

from backbone import images
from backbone.config import ImageTransform
from backbone.images import flatten, resize, resized_size, to_image, to_pixels
from omni_errors import InputError
from tests.backbone.small import photo

SMALL = ImageTransform(128, 32, 16)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA", "RGBA", "YCbCr", "HSV"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    flat = flatten(photo().convert(mode))
    assert (flat.mode, flat.size) == ("RGB", (48, 32))


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_sixteen_bit_grey_keeps_its_shades(mode: str) -> None:
    shades = np.linspace(0, 65535, 64).reshape(8, 8)
    kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    image = Image.fromarray(shades.astype(kind))
    assert image.mode == mode
    grey = np.asarray(flatten(image))[..., 0].astype(int)
    assert grey.min() == 0 and grey.max() == 255
    assert abs(grey.mean() - 127.5) < 2


def test_transparency_shows_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert flatten(clear).getpixel((1, 1)) == (255, 255, 255)


def test_a_transparent_palette_entry_shows_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30] * 256)
    image.info["transparency"] = 0
    assert flatten(image).getpixel((0, 0)) == (255, 255, 255)


def test_an_image_lying_on_its_side_is_put_upright() -> None:
    image = photo(48, 32)
    image.getexif()[0x0112] = 6
    assert flatten(image).size == (32, 48)


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_MAX_PIXELS", 100)
    with pytest.raises(InputError, match="48×32 pixels; up to 100"):
        flatten(photo())


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (127, 129), (4000, 3000)])
def test_every_size_ends_on_the_stride_within_the_maximum(size: tuple[int, int]) -> None:
    width, height = resized_size(*size, SMALL)
    assert width % 16 == height % 16 == 0
    assert 16 <= min(width, height) <= max(width, height) <= 128


def test_an_image_of_the_right_size_is_left_alone() -> None:
    image = photo(64, 32)
    assert resize(image, SMALL) is image


def test_pixels_and_back_are_the_same_levels() -> None:
    image = photo()
    assert to_pixels(image).shape == (3, 32, 48)
    shift = np.asarray(to_image(to_pixels(image)), int) - np.asarray(image, int)
    assert -1 <= shift.min() <= shift.max() <= 0


def test_pixels_out_of_range_are_clamped() -> None:
    image = to_image(torch.full((3, 2, 2), 7.0))
    assert image.getpixel((0, 0)) == (255, 255, 255)
