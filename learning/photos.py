"""Photos in: files, folders and patterns become a few upright pictures without metadata.

What cannot be used is counted with its reason and never stops the rest. Nothing is fetched, and
no link is followed out of the folder it lies in.
"""

import glob
import hashlib
import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backbone.images import flatten
from learning.signatures import FORMATS, kind_of
from omni_errors import InputError, NotFoundError

__all__ = ["Duplicate", "Intake", "Photo", "PhotoLimits", "Unreadable", "take_in"]

_HINT = f"Give photos as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError)


@dataclass(frozen=True)
class PhotoLimits:
    """Bound what is read: bytes of a file, pixels of a picture, files of one call."""

    max_bytes: int = 64 * 1024**2
    max_pixels: int = 89_478_485
    min_side: int = 16
    # longer sides are scaled down to this
    max_side: int = 1024
    max_files: int = 500
    # bits of 64 in which the hashes of near duplicates may differ
    near: int = 3


@dataclass(frozen=True)
class Photo:
    """A photo as it is learned from: upright RGB, no metadata.

    ``sha256`` is of its full-size pixels, ``size`` their width and height.
    """

    path: Path
    sha256: str
    image: Image.Image
    size: tuple[int, int]


class Duplicate(NamedTuple):
    """A file that shows what another one shows."""

    path: Path
    of: Path


class Unreadable(NamedTuple):
    """A file that cannot be used, and why, in one sentence."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Intake:
    """What came of the files given."""

    photos: tuple[Photo, ...]
    twins: tuple[Duplicate, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def duplicates(self) -> int:
        """Count the files that show what another one shows."""
        return len(self.twins)


class _Refused(Exception):
    """A file is refused with a reason."""


def take_in(sources: Sequence[str | Path], limits: PhotoLimits | None = None) -> Intake:
    """Read files, folders and patterns such as ``photos/*.jpg``, each file once.

    Raises:
        NotFoundError: if a source does not exist, or no file fits a pattern.
        InputError: if there are too many files, or not one usable photo.
    """
    limits = limits or PhotoLimits()
    unreadable: list[Unreadable] = []
    photos: list[Photo] = []
    twins: list[Duplicate] = []
    looks: list[_Look] = []
    for path, reason in _files(sources, limits):
        try:
            photo = _read(path, limits, reason)
        except _Refused as refused:
            unreadable.append(Unreadable(path, str(refused)))
            continue
        look = _look(photo.image)
        same = _first_like(photo, look, photos, looks, limits)
        if same is not None:
            twins.append(Duplicate(path, same.path))
            continue
        photos.append(photo)
        looks.append(look)
    if not photos:
        raise _nothing(unreadable)
    return Intake(tuple(photos), tuple(twins), tuple(unreadable))


def _nothing(unreadable: Sequence[Unreadable]) -> InputError:
    if not unreadable:
        return InputError("There is no photo among the files given.", hint=_HINT)
    first = unreadable[0]
    more = f" ({len(unreadable)} files in all)" if len(unreadable) > 1 else ""
    return InputError(
        f"None of the files given is a usable photo: {first.path.name}: {first.reason}{more}",
        hint=_HINT,
    )


def _files(sources: Sequence[str | Path], limits: PhotoLimits) -> Iterator[tuple[Path, str]]:
    """Go through the files of all sources once each, with a reason where one is refused."""
    seen: set[str] = set()
    for source in sources:
        for path, reason in _expand(source):
            real = os.path.realpath(path)
            if real in seen:
                continue
            seen.add(real)
            if len(seen) > limits.max_files:
                raise InputError(
                    f"There are more than {limits.max_files} files; that is the most at a time.",
                    hint="Ten good photos are enough: give a smaller folder.",
                )
            yield path, reason


def _expand(source: str | Path) -> Iterator[tuple[Path, str]]:
    path = Path(os.path.expanduser(source))
    # unlike the methods of paths, these take a name that no file can have for one that none has
    there = os.path.lexists(path)
    if os.path.isdir(path):
        yield from _walk(path)
    elif there:
        yield path, ""
    elif glob.has_magic(str(path)):
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        # the folder before the first wildcard, from "photos/" as from "photos/a"
        base = Path(glob.escape(str(path)).partition("[")[0] + "x").parent
        if not found:
            raise NotFoundError(f"No file fits {str(source)!r}.", hint="Check the pattern.")
        yield from ((name, _leaves(name, base)) for name in found if not name.is_dir())
    else:
        raise NotFoundError(f"{str(source)!r} does not exist.", hint="Check the path.")


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(root, name), _leaves(Path(root, name), folder)


def _leaves(path: Path, base: Path) -> str:
    """Give a reason if a path is a link to somewhere outside its folder."""
    inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(base))
    return "" if inside else "It is a link that leaves the folder."


def _read(path: Path, limits: PhotoLimits, reason: str) -> Photo:
    if reason:
        raise _Refused(reason)
    try:
        start = _start(path, limits)
    except OSError as error:
        raise _Refused(f"It cannot be read: {error.strerror}.") from error
    kind = kind_of(start)
    if not kind.allowed:
        raise _Refused(kind.reason)
    image = _decode(path, kind.format, limits)
    pixels = np.asarray(image)
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    # A new image from bare pixels: no EXIF, no position, no profile, no text comes along.
    bare = Image.fromarray(pixels.copy())
    size = bare.size
    bare.thumbnail((limits.max_side, limits.max_side), Image.Resampling.LANCZOS)
    return Photo(path, digest, bare, size)


def _start(path: Path, limits: PhotoLimits) -> bytes:
    """Read the first bytes, of a regular file of allowed size only."""
    if not path.is_file():
        raise _Refused("It is not a regular file.")
    size = path.stat().st_size
    if size > limits.max_bytes:
        most = limits.max_bytes // 1024**2
        raise _Refused(f"It has {size / 1024**2:.0f} MiB; up to {most} are allowed.")
    with path.open("rb") as file:
        return file.read(32)


def _decode(path: Path, name: str, limits: PhotoLimits) -> Image.Image:
    """Decode the first frame, upright RGB, after its header was found within limits."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of much that is merely odd; of the rest our own limits speak.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=[name]) as image:
                _check(image.width, image.height, limits)
                image.load()
                return flatten(image)
    except Image.DecompressionBombError as error:
        raise _Refused("Its size is that of a decompression bomb.") from error
    except InputError as error:
        raise _Refused(error.message) from error
    except _BROKEN as error:
        raise _Refused(f"It is damaged or cut short ({name}).") from error


def _check(width: int, height: int, limits: PhotoLimits) -> None:
    if width * height > limits.max_pixels:
        raise _Refused(f"It has {width}×{height} pixels; up to {limits.max_pixels:,} are allowed.")
    if min(width, height) < limits.min_side:
        raise _Refused(
            f"It has {width}×{height} pixels; each side needs at least {limits.min_side}."
        )


class _Look(NamedTuple):
    """What a picture looks like: 64 signs of slope, and an 8 × 8 thumbnail."""

    slopes: NDArray[np.bool_]
    small: NDArray[np.float32]


def _look(image: Image.Image) -> _Look:
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    small = np.asarray(image.resize((8, 8), Image.Resampling.BOX), np.float32)
    return _Look(grey[:, 1:] > grey[:, :-1], small)


def _first_like(
    photo: Photo,
    look: _Look,
    photos: Sequence[Photo],
    looks: Sequence[_Look],
    limits: PhotoLimits,
) -> Photo | None:
    for other, seen in zip(photos, looks, strict=True):
        if other.sha256 == photo.sha256:
            return other
        # Plain pictures have no slopes, so colours must agree as well.
        alike = int((look.slopes != seen.slopes).sum()) <= limits.near
        if alike and float(np.abs(look.small - seen.small).mean()) < 6:
            return other
    return None
