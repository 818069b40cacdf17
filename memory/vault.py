"""Large things as files named by the SHA-256 of what is in them.

A file lands whole or not at all: it is written beside its place, forced to the disk, then
renamed. The row that names it commits after. A crash leaves at most a file that no row names,
which `Vault.sweep` removes. Two rows may name one file.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from memory.values import Swept
from omni_errors import InputError, NotFoundError, ResourceError
from private_folders import private_folder

__all__ = ["Vault", "private_folder"]

_SHA = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".unfinished-"


class Vault:
    """Keep bytes in a folder. It knows no rows and no users."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)

    def put(self, data: bytes) -> str:
        """Keep bytes and return their SHA-256; putting them twice keeps them once.

        Raises:
            ResourceError: if the disk refuses.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if path.is_file() and path.stat().st_size == len(data):
            return sha256
        try:
            private_folder(path.parent)
            _land(data, path)
        except OSError as error:
            raise ResourceError(
                f"{len(data)} bytes cannot be written to {self.folder}: {error.strerror}.",
                hint="Free some space, or set OMNI_HOME elsewhere.",
            ) from error
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes of that name.

        Raises:
            NotFoundError: if there are none.
            ResourceError: if they are no longer what they were.
        """
        path = self.path(sha256)
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(
                f"The vault has no file {sha256}.", hint="Run 'omni doctor', or restore a backup."
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ResourceError(f"The file {path} is damaged.", hint="Restore it from a backup.")
        return data

    def path(self, sha256: str) -> Path:
        """Tell where the bytes of that name are, or would be.

        Raises:
            InputError: if it is no SHA-256.
        """
        if not _SHA.fullmatch(sha256):
            raise InputError(
                f"{sha256!r} names no file of the vault.", hint="Use 64 hexadecimal digits."
            )
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Tell whether bytes of that name are kept."""
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> bool:
        """Remove the bytes of that name; tell whether there were any."""
        try:
            self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def list(self) -> Iterator[str]:
        """Go through the names of all that is kept."""
        for path in self.folder.glob("??/*"):
            if _SHA.fullmatch(path.name):
                yield path.name

    def sweep(self, keep: Collection[str]) -> Swept:
        """Remove every file not named in ``keep``, and what a crash left unfinished.

        Hold the lock of the store: a file may just be landing.
        """
        gone = [self.path(sha256) for sha256 in self.list() if sha256 not in keep]
        gone += self.folder.glob(f"??/{_UNFINISHED}*")
        size = sum(path.stat().st_size for path in gone)
        for path in gone:
            path.unlink()
        return Swept(len(gone), size)


def _land(data: bytes, path: Path) -> None:
    # mkstemp makes it with mode 0600
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise
    _force_to_disk(path.parent)


def _force_to_disk(folder: Path) -> None:
    # a rename is only safe once its folder is; some systems cannot open folders
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
