"""Pictures in the terminal: in full where it can, else two pixels to a character.

`textual-image` (the extra ``terminal``) is asked only when stdout is a terminal, since it asks
the terminal in turn. Files of others are opened as photos are, within limits.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from cli_output import is_writable

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["blocks", "how", "show", "show_image"]

# characters across; half as many down
_WIDEST = 48
# the upper half of a character
_HALF = "▀"


def how(mode: str = "auto") -> str:
    """Tell how pictures are shown: "none", "block", or a terminal's own way by its name."""
    if mode == "none" or not sys.stdout.isatty() or Console().color_system is None:
        return "none"
    full = mode != "block" and find_spec("textual_image") is not None
    kind = _full().__module__.rpartition(".")[2] if full else ""
    # blocks are characters, which not every terminal has
    return kind if kind in ("tgp", "sixel") else "block" if is_writable(_HALF) else "none"


def _full() -> Any:
    """Return the class that draws in the best way the terminal knows."""
    from importlib import import_module

    return import_module("textual_image.renderable").Image


def show(path: Path, mode: str = "auto") -> None:
    """Show a picture that this program made on stdout, if there is a terminal to show it in."""
    if how(mode) != "none":
        from PIL import Image

        with Image.open(path) as image:
            show_image(image.convert("RGB"), mode)


def show_image(image: "Image.Image", mode: str = "auto") -> None:
    """Show an RGB picture on stdout, if there is a terminal to show it in."""
    way = how(mode)
    if way == "none":
        return
    console = Console()
    if way == "block":
        console.print(blocks(image, min(_WIDEST, console.width)))
    else:
        console.print(_full()(image, width=min(_WIDEST, console.width), height="auto"))


def blocks(image: "Image.Image", columns: int) -> Segments:
    """Draw a picture with upper half blocks: the colour is one pixel, the ground the next below."""
    width = min(columns, image.width)
    height = max(2, round(image.height * width / image.width / 2) * 2)
    small = image.resize((width, height))
    segments: list[Segment] = []
    for row in range(0, height, 2):
        for column in range(width):
            above, below = (_hex(small.getpixel((column, row + lower))) for lower in (0, 1))
            segments.append(Segment(_HALF, Style(color=above, bgcolor=below)))
        segments.append(Segment.line())
    return Segments(segments)


def _hex(pixel: Any) -> str:
    red, green, blue = pixel
    return f"#{red:02x}{green:02x}{blue:02x}"
