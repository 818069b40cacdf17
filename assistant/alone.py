"""Work that one process does at a time: a training of a folder, a turn of a conversation."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from backbone.home import private_folder
from omni_errors import InputError, ResourceError

__all__ = ["alone"]


@contextmanager
def alone(file: Path, busy: str, hint: str) -> Iterator[None]:
    """Hold a lock while something is done.

    Raises:
        InputError: saying what is ``busy``, and what to do, if another holds it.
        ResourceError: if there can be no lock.
    """
    private_folder(file.parent)
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(busy, hint=hint) from error
    except OSError as error:
        raise ResourceError(
            f"The lock {file} cannot be opened: {error.strerror}.",
            hint="Set OMNI_HOME to a folder you may write to.",
        ) from error
    try:
        yield
    finally:
        # some systems delete nothing that is open; then it lies there until the next time
        with suppress(OSError):
            file.unlink(missing_ok=True)
        lock.release()
