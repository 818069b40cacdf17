"""Stage 1 of the recipe: the small autoencoder, from its principal components on.

Run ``python -m backbone.mini.autoencoding --assets runs/assets --out runs/autoencoder``. It
learns from photographs, textures and composed scenes, and stops and goes on at will. With
``--measure FOLDER`` it reports the PSNR on the photos there at native size.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator, default_rng
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from backbone.autoencoder import PixelAutoencoder
from backbone.config import PixelConfig
from backbone.device import mixed
from backbone.images import flatten, to_pixels
from backbone.mini.assets import load_assets
from backbone.mini.pack import read_pack
from backbone.mini.pixels import Bytes
from backbone.mini.stage import Schedule, Stage
from backbone.mini.world import World

__all__ = ["CONFIG", "Crops", "main", "principal_start", "psnr"]

CONFIG = PixelConfig(downsample=8, z_channels=24, width=160, num_blocks=3)
_SEED = 1


class Crops:
    """Cut training squares: step n gives the same batch whenever it is asked for."""

    def __init__(self, folder: Path, side: int = 128) -> None:
        self.side = side
        self.pictures = [image for name in ("photos", "textures") for image in _rgb(folder, name)]
        self.photos = [image for image in _rgb(folder, "photos")]
        self.world = World(load_assets(folder), size=side)

    def batch(self, step: int, count: int) -> Tensor:
        """Return ``[count, 3, side, side]`` in [-1, 1]: photographs, textures, scenes."""
        rng = default_rng([_SEED, step])
        makers = [self._photo, self._photo, self._any, self.scene]
        images = [makers[n % len(makers)](rng) for n in range(count)]
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return stacked.float() / 127.5 - 1

    def scene(self, rng: Generator) -> Bytes:
        """Return one composed scene."""
        return self.world.scene(rng).image

    def _photo(self, rng: Generator) -> Bytes:
        return self._crop(self.photos[rng.integers(len(self.photos))], rng)

    def _any(self, rng: Generator) -> Bytes:
        return self._crop(self.pictures[rng.integers(len(self.pictures))], rng)

    def _crop(self, image: Bytes, rng: Generator) -> Bytes:
        # Between a native crop and the whole picture shrunk: photos come at every scale.
        largest = min(image.shape[:2])
        smallest = min(self.side, largest)
        size = int(np.exp(rng.uniform(np.log(smallest), np.log(largest))))
        y, x = (int(rng.integers(0, image.shape[axis] - size + 1)) for axis in (0, 1))
        method = cv2.INTER_AREA if size > self.side else cv2.INTER_CUBIC
        crop = cv2.resize(image[y : y + size, x : x + size], (self.side,) * 2, interpolation=method)
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        if rng.random() < 0.3:
            crop = crop[..., rng.permutation(3)]
        return np.ascontiguousarray(crop)


def _rgb(folder: Path, name: str) -> Iterator[Bytes]:
    for _, image in read_pack(folder, name):
        yield np.ascontiguousarray(image[..., :3])


@torch.no_grad()
def principal_start(autoencoder: PixelAutoencoder, pixels: Tensor) -> None:
    """Set the linear parts to the principal components of blocks of ``pixels [n, 3, H, W]``.

    Codes come out with mean 0 and a common scale, so that one noise level fits all.
    """
    blocks = torch.nn.functional.pixel_unshuffle(pixels, autoencoder.block)
    rows = blocks.permute(0, 2, 3, 1).flatten(0, 2).double()
    mean = rows.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov((rows - mean).T))
    count = autoencoder.encoder.linear.out_channels
    basis = vectors.flip(1)[:, :count]
    scale = values.flip(0)[:count].mean().sqrt()
    encoder, decoder = autoencoder.encoder.linear, autoencoder.decoder.linear
    assert encoder.bias is not None and decoder.bias is not None
    encoder.weight.copy_((basis.T / scale)[:, :, None, None])
    encoder.bias.copy_(-(mean @ basis) / scale)
    decoder.weight.copy_((basis * scale)[:, :, None, None])
    decoder.bias.copy_(mean)


@torch.no_grad()
def psnr(autoencoder: PixelAutoencoder, photos: list[Path]) -> list[float]:
    """Measure each photo at native size, cropped to whole blocks, in decibels."""
    values = []
    for path in photos:
        with Image.open(path) as image:
            pixels = to_pixels(flatten(image))[None]
        block = autoencoder.block
        height, width = (side // block * block for side in pixels.shape[2:])
        pixels = pixels[:, :, :height, :width]
        back = autoencoder.decode(autoencoder.encode(pixels)).clamp(-1, 1)
        error = (back - pixels).square().mean() / 4
        values.append(float(-10 * error.log10()))
    return values


def _loss(autoencoder: PixelAutoencoder, pixels: Tensor) -> dict[str, Tensor]:
    with mixed():
        back = autoencoder.decode(autoencoder.encode(pixels))
    difference = back.float() - pixels
    square, edges = difference.square().mean(), _edges(difference)
    return {"total": square + 0.1 * edges, "square": square, "edges": edges}


def _edges(difference: Tensor) -> Tensor:
    across = difference[..., 1:] - difference[..., :-1]
    down = difference[..., 1:, :] - difference[..., :-1, :]
    return across.abs().mean() + down.abs().mean()


def build(folder: Path, crops: Crops) -> PixelAutoencoder:
    """Build the autoencoder at its start."""
    torch.manual_seed(_SEED)
    autoencoder = PixelAutoencoder(CONFIG)
    principal_start(autoencoder, torch.cat([crops.batch(10**6 + n, 32) for n in range(8)]))
    return autoencoder


def averaged(folder: Path) -> PixelAutoencoder:
    """Load the averaged weights of a run."""
    autoencoder = PixelAutoencoder(CONFIG)
    tensors = load_file(folder / "state.safetensors")
    start = "average/"
    weights = {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
    autoencoder.load_state_dict(weights)
    return autoencoder


def main() -> None:
    """Train, or measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--out", type=Path, default=Path("runs/autoencoder"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--measure", type=Path, nargs="+", help="photos to measure instead")
    arguments = parser.parse_args()
    if arguments.measure:
        values = psnr(averaged(arguments.out), arguments.measure)
        print(f"PSNR of {len(values)} photos at native size: mean {np.mean(values):.2f} dB")
        return
    crops = Crops(arguments.assets)
    autoencoder = build(arguments.out, crops)
    schedule = Schedule(arguments.steps, 1e-3)
    stage = Stage(arguments.out, dict(autoencoder.named_parameters()), schedule)
    stage.run(lambda step: _loss(autoencoder, crops.batch(step, arguments.batch)))


if __name__ == "__main__":
    main()
