"""Find the photos in a line of chat: dropped, pasted or typed paths of files that exist.

Quotes, escaped and plain spaces, ``~`` and ``file://`` are understood, as terminals write them
when a file is dropped into the window. Where photos are asked for, a pattern means all it fits.
"""

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from cli_output import note
from omni_errors import InputError

if TYPE_CHECKING:
    from learning.photos import Photo

__all__ = [
    "PICTURE_SUFFIXES",
    "as_path",
    "begins_with_photo",
    "find_photos",
    "fitting",
    "photos_at",
    "to_path",
]

_WORD = re.compile(r"""(?<!\S)("[^"]+"|'[^']+'|(?:\\.|[^\s\\])+)(?!\S)""")
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff"}
PICTURE_SUFFIXES |= {".heic", ".heif", ".jp2"}


def to_path(word: str) -> Path:
    """Return the path that a word spells, whether there is a file or not."""
    text = word.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    elif "\\" in text and not os.path.exists(text):
        text = re.sub(r"\\(.)", r"\1", text)
    if text.startswith("file://"):
        text = _of_url(text)
    # unlike the method of paths, this leaves "~somebody" whom the machine does not know
    return Path(os.path.expanduser(text))


def as_path(text: str) -> str:
    """Return the plain path of the file that a text names; any other text as it is."""
    path = to_path(text)
    try:
        return str(path) if path.is_file() else text
    except (OSError, ValueError):
        return text


def photos_at(path: Path) -> "tuple[Photo, ...]":
    """Read the photo at a path, or all that a pattern fits; of those, say which cannot be used.

    Raises:
        NotFoundError: if there is none.
        InputError: if none can be used, or it is a folder.
    """
    from learning.photos import take_in

    if os.path.isdir(path):
        raise InputError(f"{path} is a folder.", hint="Name one photo.")
    found = take_in([path])
    for left_out, reason in found.unreadable:
        note(f"Not read: {left_out}: {reason}")
    for twin, of in found.twins:
        note(f"Left out: {twin} shows what {of} shows.")
    return found.photos


def fitting(path: Path) -> list[Path]:
    """Return the photos that a pattern fits; any other path as it is.

    Raises:
        NotFoundError: if nothing fits.
        InputError: if nothing that fits can be used.
    """
    if os.path.lexists(os.path.expanduser(path)) or not glob.has_magic(str(path)):
        return [path]
    return [photo.path for photo in photos_at(path)]


def _of_url(text: str) -> str:
    try:
        return unquote(urlsplit(text).path)
    except ValueError:
        return text


def find_photos(line: str) -> tuple[str, list[Path]]:
    """Take the paths of existing files out of a line; return the words left, and the paths."""
    whole = to_path(line)
    if _is_photo(whole, line.strip()):
        return "", [whole]
    found: list[Path] = []

    def take(match: re.Match[str]) -> str:
        path = to_path(match[1])
        if not _is_photo(path, match[1]):
            return match[0]
        found.append(path)
        return ""

    left = _WORD.sub(take, line)
    return (re.sub(r"[ \t]+", " ", left).strip() if found else line.strip()), found


def begins_with_photo(line: str) -> bool:
    """Tell whether a line is, or begins with, the path of a file: then it is no command."""
    first = _WORD.match(line)
    return _is_photo(to_path(line), line.strip()) or (
        first is not None and _is_photo(to_path(first[1]), first[1])
    )


def _is_photo(path: Path, written: str) -> bool:
    """Tell whether a word means a file: it is one, and is written like one."""
    meant = path.suffix.lower() in PICTURE_SUFFIXES or written.startswith(
        ("file://", "/", "~/", "./")
    )
    try:
        return meant and path.is_file()
    except (OSError, ValueError):
        return False
