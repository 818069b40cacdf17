"""Named places, their words, and a pool of rendered backdrops to crop scenes from.

A backdrop is a pure function of (place, number); the pool only keeps what was drawn. Photographs
serve as places without a name.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator

from backbone.mini import indoors, nature
from backbone.mini.pixels import Bytes, gain
from backbone.mini.textures import Texture
from omni_errors import InputError

__all__ = ["PLACES", "Backdrop", "Backdrops", "Place"]

_RENDERERS: dict[str, Callable[[Generator, int, Bytes | None], tuple[Bytes, int]]] = {
    "beach": nature.beach,
    "meadow": nature.meadow,
    "snow": nature.snow,
    "forest": nature.forest,
    "desert": nature.desert,
    "city": indoors.city,
    "road": nature.road,
    "mountains": nature.mountains,
    "garden": nature.garden,
    "underwater": nature.underwater,
    "space": nature.space,
    "kitchen": indoors.kitchen,
    "library": indoors.library,
    "living room": indoors.living_room,
    "brick wall": indoors.brick_wall,
    "pink studio": indoors.pink_studio,
    "white studio": indoors.white_studio,
}


@dataclass(frozen=True)
class Place:
    """A named place; ``light`` says that it has a time of day and weather."""

    name: str
    phrases: tuple[str, ...]
    noun: str
    light: bool
    floats: bool


def _read_places() -> dict[str, Place]:
    text = (Path(__file__).parent / "data" / "places.json").read_text("utf-8")
    rows: dict[str, dict[str, Any]] = json.loads(text)
    return {
        name: Place(name, tuple(row["phrases"]), row["noun"], row["light"], row["floats"])
        for name, row in rows.items()
    }


PLACES: dict[str, Place] = _read_places()


@dataclass(frozen=True)
class Backdrop:
    """A background [H, W, 3] and the row where its ground begins; ``place`` is "" for a photo."""

    image: Bytes
    horizon: int
    place: str


class Backdrops:
    """Backdrops of one picture size, drawn on first use and kept.

    Raises:
        InputError: if a place is asked for that does not exist.
    """

    def __init__(
        self, size: int, textures: tuple[Texture, ...], photos: tuple[Bytes, ...], pool: int = 32
    ) -> None:
        self.size = size
        self.pool = pool
        self._textures = textures
        self._photos = photos
        self._kept: dict[tuple[str, int], tuple[Bytes, int]] = {}

    @property
    def has_photos(self) -> bool:
        """Say whether photographs can serve as backgrounds."""
        return bool(self._photos)

    def take(self, place: str, rng: Generator) -> Backdrop:
        """Crop, flip and recolour a backdrop of a place ("" for a photograph)."""
        if place == "":
            return self._photo(rng)
        if place not in PLACES:
            raise InputError(f"Unknown place {place!r}.", hint=f"Known: {', '.join(PLACES)}.")
        number = int(rng.integers(self.pool))
        if (place, number) not in self._kept:
            self._kept[place, number] = self._draw(place, number)
        image, horizon = self._kept[place, number]
        room = image.shape[0] - self.size
        left, top = int(rng.integers(room + 1)), int(rng.integers(room + 1))
        part = image[top : top + self.size, left : left + self.size]
        return Backdrop(self._tinged(part, rng, 0.035), max(horizon - top, 0), place)

    def _draw(self, place: str, number: int) -> tuple[Bytes, int]:
        digest = hashlib.sha256(f"{place} {number}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        suited = [item.tile for item in self._textures if place in item.places]
        use = bool(suited) and rng.random() < 0.5
        tile = suited[int(rng.integers(len(suited)))] if use else None
        return _RENDERERS[place](rng, int(self.size * 1.16), tile)

    def _photo(self, rng: Generator) -> Backdrop:
        photo = self._photos[int(rng.integers(len(self._photos)))]
        side = int(min(photo.shape[:2]) * rng.uniform(0.5, 1.0))
        top = int(rng.integers(photo.shape[0] - side + 1))
        left = int(rng.integers(photo.shape[1] - side + 1))
        part = photo[top : top + side, left : left + side]
        method = cv2.INTER_AREA if side > self.size else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(part, (self.size, self.size), interpolation=method), np.uint8)
        return Backdrop(self._tinged(image, rng, 0.1), int(self.size * 0.5), "")

    @staticmethod
    def _tinged(part: Bytes, rng: Generator, spread: float) -> Bytes:
        part = part[:, ::-1] if rng.random() < 0.5 else part
        red, green, blue = 1 + rng.uniform(-spread, spread, 3)
        return gain(np.ascontiguousarray(part), (float(red), float(green), float(blue)))
