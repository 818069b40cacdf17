"""The pictures of turns: taken in from files, kept by id, and opened by either.

Several pictures shown with one text are one reference, ids with commas between them.
"""

import io
import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from PIL import Image

from assistant.pictures import encode
from memory import Memory
from omni_errors import InputError

__all__ = ["Gallery", "decoded"]

_IDS = re.compile(r"[0-9a-f]{32}(?:,[0-9a-f]{32})*")
_KEPT = 8


class Gallery:
    """Keep and open the pictures of one user."""

    def __init__(self, memory: Memory, user: str) -> None:
        self.memory, self.user = memory, user
        self._opened: dict[str, tuple[Image.Image, ...]] = {}

    def keep(self, paths: Sequence[Path | str]) -> str:
        """Take files in, all of them or none, and return the reference to them.

        Raises:
            InputError: if one cannot be read, saying why.
        """
        taken = [_take_in(Path(path)) for path in paths]
        with self.memory.or_nothing(), self.memory.writing():
            return ",".join(self._add(image) for image in taken)

    def _add(self, image: Image.Image) -> str:
        width, height = image.size
        data = encode(image, {})
        return self.memory.images.add(self.user, data, width=width, height=height).id

    def open(self, reference: str) -> tuple[Image.Image, ...]:
        """Open the pictures of a reference, or the file at a path.

        Raises:
            InputError: if a file cannot be read.
            NotFoundError: if a picture is no longer there.
        """
        if reference not in self._opened:
            while len(self._opened) >= _KEPT:
                self._opened.pop(next(iter(self._opened)))
            self._opened[reference] = self._read(reference)
        return self._opened[reference]

    def _read(self, reference: str) -> tuple[Image.Image, ...]:
        if not _IDS.fullmatch(reference):
            return (_take_in(Path(reference)),)
        read = self.memory.images.read
        return tuple(decoded(read(self.user, one)) for one in self.ids(reference))

    def give_back(self, photos: Collection[str]) -> None:
        """Remove photos (ids) that were taken in for a turn, unless the turn was kept."""
        shown = self.memory.images.list(self.user) if photos else ()
        loose = [one.id for one in shown if one.id in photos and one.turn_id is None]
        for image in loose:
            self.memory.images.remove(self.user, image)
        if loose:
            self.memory.sweep()

    @staticmethod
    def ids(reference: str) -> tuple[str, ...]:
        """Return the ids in a reference; none in a path or in nothing."""
        return tuple(reference.split(",")) if _IDS.fullmatch(reference) else ()

    def first(self, reference: str) -> str:
        """Return the id of a reference's first picture, "" without one."""
        return next(iter(self.ids(reference)), "")


def decoded(data: bytes) -> Image.Image:
    """Open bytes that this program wrote."""
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _take_in(path: Path) -> Image.Image:
    """Read one photo.

    Raises:
        NotFoundError: if there is none.
        InputError: if it cannot be read, or is a folder, or a pattern that fits several.
    """
    from learning.photos import take_in

    # unlike the method of paths, this takes a name that no file can have for one that none has
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder.", hint="Name one photo.")
    found = take_in([path])
    count = len(found.photos) + len(found.twins)
    if count > 1:
        raise InputError(f"{path} fits {count} photos.", hint="Name one photo.")
    return found.photos[0].image
