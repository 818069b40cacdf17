"""Which files on disk are which pictures: by the turns that saved them, and by their pixels."""

import io
from collections.abc import Container
from hashlib import sha256
from pathlib import Path

from PIL import Image

from memory import Memory

__all__ = ["files_of_others", "pixels_of", "pixels_of_file"]

# what Pillow raises of files that are no pictures, broken ones, and such as would fill the memory
_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def pixels_of(data: bytes) -> str:
    """Hash what a picture shows; what else is in the file says when it was made.

    "" stands for what is no picture, and is like nothing.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            shown = image.convert("RGB")
            return sha256(repr(shown.size).encode() + shown.tobytes()).hexdigest()
    except _UNREADABLE:
        return ""


def pixels_of_file(path: Path) -> str:
    """Hash what the picture in a file shows, "" where there is none."""
    try:
        return pixels_of(path.read_bytes())
    except OSError:
        return ""


def files_of_others(memory: Memory, gone: Container[str]) -> set[Path]:
    """Name the files that anybody's pictures were saved as, but for some (ids).

    Users share the folder of pictures, and the same prompt and seed make the same picture.
    """
    kept = set[Path]()
    for user in memory.users.list():
        for image in memory.images.list(user.id):
            if image.id in gone or image.turn_id is None:
                continue
            trace = memory.turns.get(user.id, image.turn_id).trace
            if trace.get("image") == image.id and trace.get("file"):
                kept.add(Path(str(trace["file"])))
    return kept
