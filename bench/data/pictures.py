"""Pictures of a bench as files in its folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Shelf", "open_mask", "open_picture"]


@dataclass(frozen=True)
class Shelf:
    """Puts pictures into a bench's folder, and says by which path they are found there."""

    folder: Path

    def put(self, image: Image.Image, *path: str) -> str:
        """Keep a picture without loss and return its path inside the folder."""
        name = "/".join(path) + ".png"
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file)
        return name

    def put_mask(self, mask: NDArray[np.bool_], *path: str) -> str:
        """Keep a mask ``[H, W]``, white where it is true."""
        return self.put(Image.fromarray(mask.astype(np.uint8) * 255), *path)


def open_picture(folder: Path, path: str) -> Image.Image:
    """Open a picture of a bench."""
    with Image.open(folder / path) as image:
        return image.convert("RGB")


def open_mask(folder: Path, path: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Open a mask as ``[H, W]`` at a size (width, height)."""
    with Image.open(folder / path) as image:
        fitted = image.convert("L").resize(size, Image.Resampling.NEAREST)
    return np.asarray(fitted) > 127
