"""Pictures the world is composed from, kept as a few compact files.

``python -m backbone.mini.assets --out runs/assets`` fetches the packages of ``data/sources.json``
and writes objects, textures, photos (for training) and stamps (for measuring only). Without that
folder ``load_assets(None)`` gives the shapes and patterns the code draws itself. Making them needs
npm, apt (after ``apt-get update``) and the package ``emoji``; the download is 1.8 GB, the result
36 MB.
"""

import argparse
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from backbone.mini.colours import colour_of
from backbone.mini.objects import Subject, drawn_subjects, split_of
from backbone.mini.pack import read_pack, write_pack
from backbone.mini.pixels import Bytes, resize
from backbone.mini.shapes import crop_to_alpha
from backbone.mini.sources import SOURCES, fetch_deb, fetch_npm
from backbone.mini.textures import Texture, draw_texture
from omni_errors import ResourceError

__all__ = ["Assets", "load_assets", "make_assets"]

_CLEAR = 0.55
_TILE = 192
_PHOTO = 320
# Mirrored letters and digits would be wrong.
_TEXT_BEARING = frozenset(
    "book calendar clock keyboard newspaper sign notebook map medal ticket tickets label".split()
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Assets:
    """What a world draws from; ``measured`` holds cut-outs that are never trained on."""

    objects: tuple[Subject, ...]
    textures: tuple[Texture, ...]
    photos: tuple[Bytes, ...] = ()
    measured: tuple[Subject, ...] = ()


def load_assets(folder: Path | None = None) -> Assets:
    """Read prepared assets, or draw the built-in ones when no folder is given.

    Raises:
        FolderError: if the folder lacks the prepared files.
    """
    rng = np.random.default_rng(17)
    drawn, patterns = drawn_subjects(rng), tuple(_named(draw_texture(rng), i) for i in range(48))
    if folder is None:
        return Assets(drawn, patterns)
    objects = tuple(_subject(row, image) for row, image in read_pack(folder, "objects"))
    textures = tuple(
        Texture(row["name"], image, tuple(row["places"]))
        for row, image in read_pack(folder, "textures")
    )
    photos = tuple(image for _, image in read_pack(folder, "photos"))
    measured = tuple(_subject(row, image) for row, image in read_pack(folder, "stamps"))
    return Assets(objects + drawn, textures + patterns, photos, measured)


def _named(texture: Texture, number: int) -> Texture:
    return Texture(f"{texture.name} {number}", texture.tile, texture.places)


def _subject(row: Row, cutout: Bytes) -> Subject:
    return Subject(
        name=row["name"],
        class_word=row["class_word"],
        category=row["category"],
        cutout=cutout,
        colour=row["colour"],
        clear=row["clear"],
        split=row["split"],
        source=row["source"],
        flips=row["flips"],
    )


def _row(name: str, class_word: str, category: str, cutout: Bytes, split: str) -> Row:
    colour, share = colour_of(cutout)
    return {
        "name": name,
        "class_word": class_word,
        "category": category,
        "colour": colour,
        "clear": share >= _CLEAR,
        "split": split,
        "flips": class_word not in _TEXT_BEARING,
    }


def _open_rgba(path: Path) -> Bytes:
    with Image.open(path) as image:
        return np.array(image.convert("RGBA"))


def _emoji_name(path: Path) -> str:
    """Name a file by its code points, "" if they are no emoji; skin tones count as none.

    Raises:
        ResourceError: if the package with the names is missing.
    """
    try:
        import emoji
    except ImportError as missing:
        raise ResourceError(
            "The package emoji is not installed.", hint="Install it: pip install emoji"
        ) from missing

    points = [int(part, 16) for part in path.stem.split("-") if len(part) < 6]
    if any(0x1F3FB <= point <= 0x1F3FF for point in points) or len(points) > 6:
        return ""
    text = "".join(map(chr, points))
    known = emoji.EMOJI_DATA.get(text) or emoji.EMOJI_DATA.get(text + "\ufe0f")
    return str(known["en"]).strip(":").replace("_", " ") if known else ""


def _plain(name: str, class_word: str) -> str:
    """Say a picture's name as people do: "racket" for "tennis", "man dancer" for "man dancing"."""
    first = name.split()[0]
    if first in ("man", "woman"):
        return first if class_word == "person" else f"{first} {class_word}"
    if not name.endswith(class_word):
        return class_word
    return name.removeprefix("oncoming ").replace("’", "'")


def _objects(folder: Path) -> Iterator[tuple[Row, Bytes]]:
    """Go through the named things of the emoji set."""
    text = (Path(__file__).parent / "data" / "categories.json").read_text("utf-8")
    words = {
        name: (class_word, category)
        for category, entries in json.loads(text).items()
        for name, class_word in entries.items()
    }
    for path in sorted(
        (fetch_npm(SOURCES["objects"]["package"], folder) / "assets").glob("*.webp")
    ):
        name = _emoji_name(path)
        if name not in words:
            continue
        class_word, category = words.pop(name)
        cutout = crop_to_alpha(_open_rgba(path))
        row = _row(_plain(name, class_word), class_word, category, cutout, split_of(name))
        yield {**row, "source": f"picture:{name}"}, cutout


def _stamp_name(title: Path) -> str:
    """Read the first clause of a stamp's English text; a long one is named by its file."""
    line = title.read_text("utf-8", errors="replace").splitlines()[0].lower()
    clause = re.split(r"[.,;:!?(—]", line)[0].strip()
    name = re.sub(r"^(an?|the|our|some|two) ", "", clause)
    return name if 0 < len(name.split()) <= 4 else title.stem.replace("_", " ").lower()


def _stamps(folder: Path) -> Iterator[tuple[Row, Bytes]]:
    """Go through the photographic stamps that are kept for measuring."""
    source = SOURCES["stamps"]
    root = fetch_deb(source["package"], folder) / "usr/share/tuxpaint/stamps"
    skipped = set(source["skip_folders"])
    for path in sorted(root.rglob("*.png")):
        parts = path.relative_to(root).parts
        title = path.with_suffix(".txt")
        if skipped & set(parts) or path.stem.endswith("_mirror") or not title.is_file():
            continue
        image = _open_rgba(path)
        if image[..., 3].max() < 200 or (image[..., 3] > 127).mean() > 0.97:
            continue
        name = _stamp_name(title)
        cutout = crop_to_alpha(image)
        row = _row(name, parts[-2].rstrip("s"), parts[0], cutout, "measure")
        yield {**row, "source": "stamp"}, cutout


def _textures(folder: Path) -> Iterator[tuple[Row, Bytes]]:
    """Go through the photographed ground textures."""
    source = SOURCES["textures"]
    root = fetch_deb(source["package"], folder)
    with zipfile.ZipFile(root / source["archive"]) as archive:
        for entry in sorted(archive.namelist()):
            name = entry.removeprefix(source["folder"]).split(".")[0]
            if not entry.startswith(source["folder"]) or not entry.endswith(".dds"):
                continue
            if any(word in name for word in source["skip_words"]):
                continue
            with Image.open(io.BytesIO(archive.read(entry))) as image:
                tile = np.array(image.convert("RGB"))
            if min(tile.shape[:2]) < 96 or tile.std() < 8:
                continue
            places = [
                place for place, words in source["places"].items() if any(w in name for w in words)
            ]
            yield {"name": name, "places": places, "lossy": True}, resize(tile, _TILE, _TILE)


def _photos(folder: Path) -> Iterator[tuple[Row, Bytes]]:
    """Go through the wallpapers whose licence allows training."""
    for source in SOURCES["photos"]:
        root = fetch_deb(source["package"], folder) / source["folder"]
        for name, licence in source["files"].items():
            if not (root / name).is_file():
                continue
            with Image.open(root / name) as image:
                whole = np.array(image.convert("RGB"))
            scale = _PHOTO / min(whole.shape[:2])
            small = resize(whole, round(whole.shape[1] * scale), round(whole.shape[0] * scale))
            row = {"name": name, "package": source["package"], "license": licence, "lossy": True}
            yield row, small


def make_assets(out: Path) -> dict[str, int]:
    """Fetch the packages and write the compact files; return how many pictures each holds."""
    folder, counts = out / "download", {}
    makers = {"objects": _objects, "textures": _textures, "photos": _photos, "stamps": _stamps}
    for name, make in makers.items():
        pairs = list(make(folder))
        write_pack(out, name, [image for _, image in pairs], [row for row, _ in pairs])
        counts[name] = len(pairs)
    return counts


def main() -> None:
    """Make the assets and print their numbers."""
    parser = argparse.ArgumentParser(description="Fetch and prepare the pictures of the world.")
    parser.add_argument("--out", type=Path, default=Path("runs/assets"))
    for name, count in make_assets(parser.parse_args().out).items():
        print(f"{count:5} {name}")


if __name__ == "__main__":
    main()
