"""What a demo leaves: one HTML page that needs nothing else, and one PNG contact sheet."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

__all__ = ["Picture", "Scene", "is_page", "write_page", "write_sheet"]

# pixels
_SIDE, _GAP, _CAPTION, _TITLE = 192, 12, 34, 46
_COLUMNS = 5
# every page begins with this; whatever a text said, nothing could be loaded or run
_HEAD = """<!doctype html>
<html lang=en><meta charset=utf-8>
<meta name=viewport content='width=device-width'>
<meta http-equiv=Content-Security-Policy content="default-src 'none'; \
img-src data:; style-src 'unsafe-inline'">
<title>"""
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
  color: #1c1c1c; background: #fff; }
h2 { margin: 2.2rem 0 .3rem; font-size: 1.2rem; }
figure { display: inline-block; margin: .6rem .8rem .6rem 0; vertical-align: top; width: 12rem; }
figure img { width: 100%; border-radius: 6px; }
figcaption { font-size: .85rem; color: #555; }
.said { border-left: 3px solid #7a9; padding-left: .8rem; white-space: pre-wrap; }
footer { margin-top: 3rem; font-size: .85rem; color: #555; white-space: pre-wrap; }
"""


@dataclass(frozen=True)
class Picture:
    """A picture and what is written under it."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Scene:
    """One thing that was tried: what was asked, what came of it, and the pictures."""

    title: str
    said: str
    pictures: tuple[Picture, ...] = ()


def write_page(path: Path, title: str, scenes: Sequence[Scene], footer: str) -> None:
    """Write the page; pictures lie in it, texts are escaped, and nothing in it runs."""
    parts = [
        f"{_HEAD}{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1>",
        *(part for scene in scenes for part in _scene(scene)),
        f"<footer>{escape(footer)}</footer></html>",
    ]
    path.write_text("\n".join(parts), "utf8", newline="\n")


def is_page(path: Path) -> bool:
    """Tell a page that was written here from a file of somebody else."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEAD)) == _HEAD.encode()
    except OSError:
        return False


def _scene(scene: Scene) -> Iterator[str]:
    yield f"<h2>{escape(scene.title)}</h2>"
    if scene.said:
        yield f"<p class=said>{escape(scene.said)}</p>"
    for picture in scene.pictures:
        caption = escape(picture.caption)
        yield f"<figure><img alt='{caption}' src='{_inline(picture.path)}'>"
        yield f"<figcaption>{caption}</figcaption></figure>"


def _inline(path: Path) -> str:
    """Return a picture as an address that holds it, small, and without what was written in it."""
    data = io.BytesIO()
    _small(path, 2 * _SIDE).save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _small(path: Path, side: int) -> Image.Image:
    with Image.open(path) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
    # drawings are small: they are shown as large as photos are
    return ImageOps.contain(small, (side, side), Image.Resampling.LANCZOS)


def write_sheet(path: Path, scenes: Sequence[Scene]) -> None:
    """Write one picture with all pictures, a row or more to each scene."""
    tall = _SIDE + _CAPTION + _GAP
    rows = [-(-len(scene.pictures) // _COLUMNS) for scene in scenes]
    width = _COLUMNS * (_SIDE + _GAP) + _GAP
    sheet = Image.new("RGB", (width, sum(rows) * tall + len(scenes) * _TITLE + 2 * _GAP), "white")
    draw, top = ImageDraw.Draw(sheet), _GAP
    for scene, count in zip(scenes, rows, strict=True):
        draw.text((_GAP, top), _drawable(scene.title, 100), fill="black", font=_font(16))
        first = " ".join(scene.said.split())
        draw.text((_GAP, top + 21), _drawable(first, 150), fill="dimgrey", font=_font(12))
        for number, picture in enumerate(scene.pictures):
            row, column = divmod(number, _COLUMNS)
            _paste(sheet, picture, (_GAP + column * (_SIDE + _GAP), top + _TITLE + row * tall))
        top += _TITLE + count * tall
    sheet.save(path)


def _paste(sheet: Image.Image, picture: Picture, place: tuple[int, int]) -> None:
    small = _small(picture.path, _SIDE)
    sheet.paste(small, place)
    draw, (left, top) = ImageDraw.Draw(sheet), place
    for number, line in enumerate(_wrapped(picture.caption)):
        draw.text((left, top + _SIDE + 2 + 14 * number), line, fill="dimgrey", font=_font(11))


def _wrapped(text: str, width: int = 32) -> list[str]:
    shown = _drawable(text, 2 * width)
    return [shown[at : at + width] for at in range(0, len(shown), width)]


def _drawable(text: str, longest: int) -> str:
    """Return a text as the built-in font can draw it, cut where it gets too long."""
    kept = text.encode("latin-1", "replace").decode("latin-1")
    return kept if len(kept) <= longest else f"{kept[: longest - 3]}..."


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
