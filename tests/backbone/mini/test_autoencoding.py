"""The autoencoder begins as principal components and is measured honestly."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from backbone.autoencoder import PixelAutoencoder
from backbone.config import PixelConfig
from backbone.mini.autoencoding import principal_start, psnr
from tests.backbone.small import noise


def smooth(count: int = 4) -> torch.Tensor:
    coarse = noise(count, 3, 8, 8).clamp(-1, 1)
    return torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")


def started(channels: int) -> PixelAutoencoder:
    autoencoder = PixelAutoencoder(PixelConfig(8, channels, 8, 1))
    principal_start(autoencoder, smooth())
    return autoencoder


@torch.no_grad()
def test_it_starts_as_the_best_linear_code() -> None:
    pixels = smooth()
    errors = []
    for channels in (2, 6, 12, 192):
        autoencoder = started(channels)
        errors.append((autoencoder.decode(autoencoder.encode(pixels)) - pixels).square().mean())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-8


@torch.no_grad()
def test_its_codes_have_mean_nought_and_a_common_scale() -> None:
    codes = started(6).encode(smooth())
    assert codes.mean((0, 2, 3)).abs().max() < 1e-3
    assert codes.square().mean().item() == pytest.approx(1.0, rel=0.01)


def test_psnr_is_that_of_the_formula(tmp_path: Path) -> None:
    Image.new("RGB", (33, 18), (100, 150, 200)).save(tmp_path / "flat.png")
    autoencoder = started(6)
    value = psnr(autoencoder, [tmp_path / "flat.png"])[0]
    assert 20 < value < 80
    with torch.no_grad():
        autoencoder.decoder.linear.bias.fill_(5.0)  # type: ignore[union-attr]
    white = psnr(autoencoder, [tmp_path / "flat.png"])[0]
    levels = torch.tensor([100, 150, 200]) / 255
    assert white == pytest.approx(-10 * ((1 - levels).square().mean()).log10().item(), abs=3)
