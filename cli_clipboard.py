"""The picture in the clipboard, as a file."""

import shutil
import struct
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from omni_errors import InputError, ResourceError
from private_folders import private_folder

__all__ = ["pasted", "pasting_folder"]

# what chats that were killed left is deleted when it is so old, in seconds
_OLD = 24 * 3600


def pasting_folder(state: Path) -> Path:
    """Make a private folder for what one chat takes from the clipboard, and delete old ones."""
    room = private_folder(state / "pasted")
    for left in room.iterdir():
        # another chat may sweep at the same moment
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=room))


def pasted(folder: Path) -> list[Path]:
    """Return the files in the clipboard, or its picture as a new PNG in a folder.

    Raises:
        InputError: if there is no picture in it.
        ResourceError: if it cannot be read on this machine.
    """
    found = _grabbed()
    if isinstance(found, list):
        return [Path(name) for name in found]
    if found is None:
        raise InputError("There is no picture in the clipboard.", hint="Or use /attach PATH.")
    from backbone.images import flatten

    handle, name = tempfile.mkstemp(suffix=".png", prefix="pasted-", dir=folder)
    with open(handle, "wb") as file:
        flatten(found).save(file, "PNG")
    return [Path(name)]


def _grabbed() -> Any:
    """Return the picture in the clipboard, a list of files, or None."""
    from PIL import Image, ImageGrab, UnidentifiedImageError

    try:
        return ImageGrab.grabclipboard() or None
    except NotImplementedError as error:
        raise ResourceError(
            f"The clipboard cannot be read: {error}.",
            hint="Install wl-clipboard or xclip, or use /attach PATH.",
        ) from error
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        SyntaxError,
        ValueError,
        EOFError,
        OverflowError,
        struct.error,
    ) as error:
        raise InputError(
            "What is in the clipboard cannot be read as a picture.", hint="Or use /attach PATH."
        ) from error
    except OSError as error:
        raise ResourceError(
            f"The clipboard cannot be read: {error}.", hint="Or use /attach PATH."
        ) from error
