"""Folders that only their user may look into; every room that writes files makes them here."""

import os
from pathlib import Path

from omni_errors import ResourceError

__all__ = ["private_folder"]


def private_folder(path: Path) -> Path:
    """Create a folder, and the missing ones above it, for this user only (mode 0700).

    Raises:
        ResourceError: if it cannot be created.
    """
    # unlike the method of paths, this takes what may not be looked into for what is not there
    missing = [p for p in (path, *path.parents) if not os.path.exists(p)]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"The folder {path} cannot be created: {error.strerror}.",
            hint="Set OMNI_HOME to a folder you may write to.",
        ) from error
    if not os.path.isdir(path):
        raise ResourceError(
            f"{path} is a file, but a folder belongs there.", hint="Set OMNI_HOME elsewhere."
        )
    return path
