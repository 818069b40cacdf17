"""What lies among the photos and is not read: pictures of other kinds, and folders by no class."""

from collections.abc import Sequence
from pathlib import Path

from bench.data.items import Bench

__all__ = ["ENDINGS", "left_out", "pictures_in", "unread", "without_class"]

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
    """Name the folders that have photos, but no ``concept.json`` that makes them subjects."""
    places = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    return [
        place.name
        for place in places
        if not (place / "concept.json").is_file() and pictures_in(place, ENDINGS + _OTHERS)
    ]


def left_out(bench: Bench) -> list[str]:
    """Say in sentences what a bench was built without."""
    told = [_sentence(name, why) for name, why in bench.made.get("left_out", {}).items()]
    told += [f"Left out: {why}" for why in bench.made.get("unusable", {}).values()]
    passed = bench.made.get("without_class", ())
    if passed:
        told.append(
            f"Passed over, since they have photos but no concept.json: {', '.join(passed)}. "
            'Write {"class": "dog"} into one to measure it.'
        )
    return told


def _sentence(name: str, reasons: Sequence[str]) -> str:
    more = len(reasons) - _TOLD
    rest = f"; and {more} more" if more > 0 else ""
    shown = "; ".join(reason.rstrip(".") for reason in reasons[:_TOLD])
    return f"Left out of the photos of {name}: {shown}{rest}."
