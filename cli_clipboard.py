"""The picture in the clipboard, as a file."""

import tempfile
from pathlib import Path

from omni_errors import InputError, ResourceError

__all__ = ["pasted"]


def pasted(folder: Path) -> list[Path]:
    """Return the files in the clipboard, or its picture as a new PNG in a folder.

    Raises:
        InputError: if there is no picture in it.
        ResourceError: if it cannot be read on this machine.
    """
    from PIL import Image, ImageGrab

    try:
        found = ImageGrab.grabclipboard()
    except (NotImplementedError, OSError) as error:
        raise ResourceError(
            f"The clipboard cannot be read: {error}.",
            hint="Install wl-clipboard or xclip, or use /attach PATH.",
        ) from error
    if isinstance(found, Image.Image):
        handle, name = tempfile.mkstemp(suffix=".png", prefix="pasted-", dir=folder)
        with open(handle, "wb") as file:
            found.save(file, "PNG")
        return [Path(name)]
    if not found:
        raise InputError("There is no picture in the clipboard.", hint="Or use /attach PATH.")
    return [Path(name) for name in found]
