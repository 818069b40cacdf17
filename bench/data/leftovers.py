"""What lies among the photos and is not read: pictures of other kinds, and folders by no class."""

import os
from collections.abc import Sequence
from pathlib import Path

from bench.data.items import Bench
from omni_errors import InputError

__all__ = ["ENDINGS", "SHUT_HINT", "deeper", "left_out", "pictures_in", "shut", "unread"]
__all__ += ["without_class"]

SHUT_HINT = "Let it be read by you, or take it out of the folder."

ENDINGS = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif")
# what else people keep pictures in: phones, cameras, drawing programs
_OTHERS: tuple[str, ...] = (
    "heic",
    "heif",
    "hif",
    "avif",
    "jxl",
    "jp2",
    "jfif",
    "ico",
    "svg",
    "psd",
)
_OTHERS += ("dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2")
# reasons that are told of each subject
_TOLD = 6


def pictures_in(folder: Path, endings: Sequence[str] = ENDINGS) -> list[Path]:
    """List the files of a folder that end as pictures do, by their names."""
    wanted = tuple(f".{ending}" for ending in endings)
    return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in wanted)


def unread(folder: Path) -> tuple[str, ...]:
    """Name the files of a folder that look like pictures and are not read, and say what to do."""
    return tuple(
        f"{file.name}: {file.suffix.lower()} files are not read; save it as JPEG or PNG"
        for file in pictures_in(folder, _OTHERS)
    )


def without_class(root: Path) -> list[str]:
    """Name the folders that have photos, but no ``concept.json`` that makes them subjects.

    Raises:
        InputError: if the root cannot be read.
    """
    return [place.name for place in _places(root) if _has_photos_alone(place)]


def _has_photos_alone(place: Path) -> bool:
    try:
        bare = not (place / "concept.json").exists()
        return bare and bool(pictures_in(place, ENDINGS + _OTHERS))
    except OSError:
        # `shut` says so
        return False


def shut(root: Path) -> dict[str, str]:
    """Say why folders cannot be looked into.

    Raises:
        InputError: if the root cannot be read.
    """
    found = {}
    for place in _places(root):
        try:
            (place / "concept.json").exists()
            next(place.iterdir(), None)
        except OSError as error:
            found[place.name] = f"{place} cannot be read: {error.strerror}."
    return found


def deeper(root: Path) -> list[str]:
    """Name the folders with a ``concept.json`` that lie too deep to be subjects.

    Raises:
        InputError: if the root cannot be read.
    """
    found = []
    for place in _places(root):
        for folder, inner, files in os.walk(place):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            if "concept.json" in files and Path(folder) != place:
                found.append(Path(folder).relative_to(root).as_posix())
    return found


def _places(root: Path) -> list[Path]:
    try:
        return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError as error:
        raise InputError(f"{root} cannot be read: {error.strerror}.", hint=SHUT_HINT) from error


def left_out(bench: Bench) -> list[str]:
    """Say in sentences what a bench was built without."""
    made = bench.made
    told = [_sentence(name, why) for name, why in made.get("left_out", {}).items()]
    told += [f"Left out: {why}" for why in made.get("unusable", {}).values()]
    passed = made.get("without_class", ())
    if passed:
        told.append(
            f"Passed over, since they have photos but no concept.json: {', '.join(passed)}. "
            'Write {"class": "dog"} into one to measure it.'
        )
    if made.get("deeper"):
        told.append(
            "Passed over, since subjects are looked for in the first folders alone: "
            f"{_listed(made['deeper'], ', ')}. Move them up to measure them."
        )
    return told + [_of_several(name, files) for name, files in made.get("shared", {}).items()]


def _of_several(name: str, files: Sequence[str]) -> str:
    return (
        f"Learned from and never asked about, since other subjects have the same photos: of {name} "
        f"{_listed(files, ', ')}."
    )


def _listed(given: Sequence[str], between: str) -> str:
    more = len(given) - _TOLD
    return between.join(given[:_TOLD]) + (f"{between}and {more} more" if more > 0 else "")


def _sentence(name: str, reasons: Sequence[str]) -> str:
    shown = _listed([reason.rstrip(".") for reason in reasons], "; ")
    return f"Left out of the photos of {name}: {shown}."
