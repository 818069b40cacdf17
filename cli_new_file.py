"""Files that a command writes for a user: new ones only, whole or not at all."""

import os
from pathlib import Path

from omni_errors import InputError, ResourceError

__all__ = ["write_new"]


def write_new(path: Path, data: bytes, *, private: bool = True) -> Path:
    """Write a file that is not there yet, for its user alone unless it is to be given away.

    Raises:
        InputError: if there is a file already.
        ResourceError: if it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise InputError(f"{path} is there already.", hint="Name a new file.") from error
    except (OSError, ValueError) as error:
        # a ValueError is a path with a zero character
        cause = error.strerror if isinstance(error, OSError) else error
        raise ResourceError(
            f"{path} cannot be written: {cause}.", hint="Name another file."
        ) from error
    return path
