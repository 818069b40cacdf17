"""A compact set of pictures: ``<name>.npz`` has the encoded bytes, ``<name>.json`` the rows."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from backbone.mini.pixels import Bytes
from omni_errors import FolderError

__all__ = ["read_pack", "write_pack"]

_SWAP = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
_BACK = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


def write_pack(
    folder: Path, name: str, images: Sequence[Bytes], rows: Sequence[dict[str, Any]]
) -> None:
    """Write pictures [h, w, 3 or 4] as PNG (or JPEG where a row says ``"lossy": true``)."""
    parts = [
        _encode(image, bool(row.get("lossy"))) for image, row in zip(images, rows, strict=True)
    ]
    ends = np.cumsum([len(part) for part in parts])
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{name}.npz", data=np.concatenate(parts), ends=ends)
    text = json.dumps(list(rows), ensure_ascii=False, indent=0)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")


def _encode(image: Bytes, lossy: bool) -> Bytes:
    swapped = cv2.cvtColor(image, _SWAP[image.shape[2]])
    options = [cv2.IMWRITE_JPEG_QUALITY, 92] if lossy else [cv2.IMWRITE_PNG_COMPRESSION, 9]
    return np.asarray(cv2.imencode(".jpg" if lossy else ".png", swapped, options)[1], np.uint8)


def read_pack(folder: Path, name: str) -> list[tuple[dict[str, Any], Bytes]]:
    """Read the rows and pictures of a set.

    Raises:
        FolderError: if one of the two files is missing.
    """
    table, stored = folder / f"{name}.json", folder / f"{name}.npz"
    if not (table.is_file() and stored.is_file()):
        raise FolderError(
            f"{folder} has no {name}.json with {name}.npz.",
            hint=f"Make them: python -m backbone.mini.assets --out {folder}",
        )
    rows = json.loads(table.read_text("utf-8"))
    with np.load(stored) as arrays:
        data, ends = arrays["data"], arrays["ends"]
    starts = np.concatenate([[0], ends[:-1]])
    return [
        (row, _decode(data[start:end])) for row, start, end in zip(rows, starts, ends, strict=True)
    ]


def _decode(encoded: Bytes) -> Bytes:
    image = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise FolderError("A picture of the asset files cannot be decoded.")
    return np.asarray(cv2.cvtColor(image, _BACK[image.shape[2]]), np.uint8)
