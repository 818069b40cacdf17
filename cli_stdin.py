"""A photo that comes on standard input, as ``-`` in place of a path."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from omni_errors import InputError, UsageError

__all__ = ["is_stdin", "on_disk"]


def is_stdin(path: Path) -> bool:
    """Tell whether a path stands for standard input."""
    return str(path) == "-"


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """Give a photo's file, for one on standard input a private one that goes afterwards.

    Raises:
        UsageError: if nobody pipes anything in.
        InputError: if what comes is larger than a photo may be, or nothing.
    """
    if not is_stdin(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        # errors call a photo by the name of its file
        file = Path(folder) / "stdin"
        file.write_bytes(_read())
        yield file


def _read() -> bytes:
    from learning.photos import PhotoLimits

    if sys.stdin.isatty():
        raise UsageError("No photo comes on stdin.", hint="Pipe one in: `omni ask … -a - < a.jpg`.")
    most = PhotoLimits().max_bytes
    # never more than that is read, however much comes
    data = sys.stdin.buffer.read(most + 1)
    if len(data) > most:
        raise InputError(
            f"The photo on stdin has more than {most // 1024**2} MiB.", hint="Give a smaller one."
        )
    if not data:
        raise InputError("Nothing came on stdin.", hint="Pipe a photo in, or name its file.")
    return data
