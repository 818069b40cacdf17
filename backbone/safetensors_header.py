"""Read what a safetensors file says it holds, and check that it can be so.

Only the header is read: 8 bytes of length, then JSON. No tensor is touched and nothing is
executed. Layout: https://github.com/huggingface/safetensors#format.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omni_errors import FolderError, TruncatedError

__all__ = ["MAX_HEADER_BYTES", "StoredTensor", "read_header"]

# the format's own limit
MAX_HEADER_BYTES = 100_000_000
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip
_AGAIN = "Pull or copy the file again."


@dataclass(frozen=True)
class StoredTensor:
    """Say where one tensor lies and what it is; ``dtype`` in the file's spelling."""

    file: Path
    name: str
    dtype: str
    shape: tuple[int, ...]


def read_header(path: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a file by name.

    Raises:
        FolderError: if the file cannot be read or is no safetensors file.
        TruncatedError: if it is shorter than its header says.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            text = _header_bytes(file.read(8), size, path)
            header = _parse(file.read(text), path)
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror}.", hint=_AGAIN) from error
    header.pop("__metadata__", None)
    ends = {name: _span(entry, name, path) for name, entry in header.items()}
    _check_length(sorted(ends.values()), size - 8 - text, path)
    return {
        name: StoredTensor(path, name, entry["dtype"], tuple(entry["shape"]))
        for name, entry in header.items()
    }


def _header_bytes(prefix: bytes, size: int, path: Path) -> int:
    length = int.from_bytes(prefix, "little")
    if len(prefix) < 8:
        raise TruncatedError(f"{path} has {size} bytes, too few for a header.", hint=_AGAIN)
    if length > MAX_HEADER_BYTES:
        raise FolderError(
            f"{path} claims a header of {length} bytes; at most {MAX_HEADER_BYTES} are allowed.",
            hint="It is no safetensors file. " + _AGAIN,
        )
    if 8 + length > size:
        raise TruncatedError(
            f"{path} ends inside its header: {size} of {8 + length} bytes.", hint=_AGAIN
        )
    return length


def _parse(text: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FolderError(f"The header of {path} is not JSON.", hint=_AGAIN) from error
    if not isinstance(header, dict):
        raise FolderError(f"The header of {path} is not a JSON object.", hint=_AGAIN)
    return header


def _span(entry: Any, name: str, path: Path) -> tuple[int, int]:
    """Return the bytes a tensor occupies, after checking that they fit dtype and shape."""
    try:
        start, end = entry["data_offsets"]
        shape, item = entry["shape"], _ITEM_BYTES[entry["dtype"]]
        fits = min([start, *shape]) >= 0 and end - start == math.prod(shape) * item
    except (KeyError, TypeError, ValueError) as error:
        raise FolderError(f"{path} describes {name!r} in no known way.", hint=_AGAIN) from error
    if not fits:
        raise FolderError(f"{path} gives {name!r} a place that does not fit it.", hint=_AGAIN)
    return start, end


def _check_length(spans: list[tuple[int, int]], held: int, path: Path) -> None:
    claimed = spans[-1][1] if spans else 0
    if held < claimed:
        raise TruncatedError(
            f"{path} is cut short: it holds {held} of {claimed} bytes of tensors.", hint=_AGAIN
        )
    ends = [0, *(end for _, end in spans)]
    if held > claimed or ends[:-1] != [start for start, _ in spans]:
        raise FolderError(f"The tensors of {path} do not fill it without gaps.", hint=_AGAIN)
