"""Blank what the index's library writes of memory that it has not used yet.

hnswlib sets room aside for vectors to come and writes it to disk as it finds it. What lay there
before, such as a name or a sentence, would outlast being forgotten.
"""

import struct
from pathlib import Path

__all__ = ["blank_unused"]

# version, offset, room, vectors written, bytes of each
_HEADER = struct.Struct("<iQQQQ")
_VERSION = 1
# bytes of the length of one vector
_LENGTH = 4


def blank_unused(folder: Path) -> None:
    """Write zeros after the last vector in all files of the index below a folder.

    Files of a version that is not known here are left as they are.
    """
    for header in folder.rglob("header.bin"):
        data = header.read_bytes()
        if len(data) < _HEADER.size:
            continue
        version, _, _, written, size = _HEADER.unpack_from(data)
        if version == _VERSION:
            _blank(header.with_name("data_level0.bin"), written * size)
            _blank(header.with_name("length.bin"), written * _LENGTH)


def _blank(path: Path, start: int) -> None:
    """Write zeros from ``start`` to the end of a file, where there is one."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        file.seek(start)
        rest = file.read()
        if rest.count(0) < len(rest):
            file.seek(start)
            file.write(bytes(len(rest)))
