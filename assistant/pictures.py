"""Pictures on disk: a name that tells what it is, never overwritten, with what it takes to redo.

The record goes into the PNG as text that picture viewers show; it has no paths, no user and no
facts that were recalled. `strip` writes a copy without any of it.
"""

import io
import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from omni_errors import ResourceError

__all__ = ["encode", "picture_home", "save", "slug", "strip"]

_LONGEST = 40


def picture_home(home: Path) -> Path:
    """Name the folder below which pictures are saved."""
    return home / "images"


def slug(text: str) -> str:
    """Turn a text into a short word for a file name; "picture" if nothing of it is left."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:_LONGEST].strip("-") or "picture"


def encode(image: Image.Image, record: Mapping[str, Any]) -> bytes:
    """Write a picture as PNG with its record in it."""
    info = PngImagePlugin.PngInfo()
    if record:
        info.add_text("parameters", _parameters(record))
        info.add_itxt("omni", json.dumps(dict(record), ensure_ascii=False))
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=info)
    return out.getvalue()


def _parameters(record: Mapping[str, Any]) -> str:
    """Lay a record out as the viewers of generated pictures expect it."""
    shown = {
        "Steps": "steps",
        "CFG scale": "guidance",
        "Seed": "seed",
        "Size": "size",
        "Model hash": "revision",
        "Model": "model",
    }
    pairs = [f"{title}: {record[key]}" for title, key in shown.items() if key in record]
    return f"{record.get('prompt', '')}\n{', '.join(pairs)}"


def save(data: bytes, folder: Path, text: str, seed: int, when: datetime) -> Path:
    """Write a picture's bytes under a new name and return its path.

    Raises:
        ResourceError: if the folder cannot be written.
    """
    start = f"{when:%Y%m%d-%H%M%S}_{slug(text)}_s{seed}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(1, 10_000):
            path = folder / f"{start}_{number:02d}.png"
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            _fill(handle, data, path)
            return path
    except OSError as error:
        raise ResourceError(
            f"{folder} cannot be written: {error.strerror}.", hint="Choose another with -o."
        ) from error
    raise ResourceError(f"{folder} is full of pictures of this second.", hint="Try again.")


def _fill(handle: int, data: bytes, path: Path) -> None:
    """Write a new file whole, or leave none."""
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def strip(image: Image.Image) -> bytes:
    """Return a picture as PNG with nothing in it but pixels."""
    return encode(Image.frombytes(image.mode, image.size, image.tobytes()), {})
