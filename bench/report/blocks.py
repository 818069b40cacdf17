"""A report as blocks, written as Markdown with files beside it, or as one HTML file."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image

__all__ = ["Block", "Chart", "Heading", "Pictures", "Table", "Text", "as_html", "as_markdown"]

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:13px;margin:1rem 0}"
    "th,td{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
    ".wide{overflow-x:auto}td img{width:96px;display:block}"
)


@dataclass(frozen=True)
class Heading:
    """A heading of a section."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table; its first column names the rows."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Chart:
    """A chart as SVG, under a name for its file."""

    name: str
    svg: str


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side under headings, by path; "" leaves a gap."""

    header: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


Block = Heading | Text | Table | Chart | Pictures


def as_markdown(title: str, blocks: Sequence[Block], out: Path) -> str:
    """Write Markdown; charts and pictures are named by their paths."""
    parts = [f"# {_cell(title)}"]
    for block in blocks:
        match block:
            case Heading(text):
                parts.append(f"## {_cell(text)}")
            case Text(text):
                parts.append(text)
            case Table(header, rows):
                parts.append(_markdown_table(header, rows))
            case Chart(name, svg):
                (out / f"{name}.svg").write_text(svg, "utf-8")
                parts.append(f"![{name}]({quote(name)}.svg)")
            case Pictures(header, rows):
                cells = [
                    (_cell(name), *(f"![]({quote(path)})" if path else "" for path in paths))
                    for name, paths in rows
                ]
                parts.append(_markdown_table(header, cells, plain=True))
    return "\n\n".join(parts) + "\n"


def _markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, plain: bool = False
) -> str:
    lines = [[_cell(text) for text in header], ["---", *["---:"] * (len(header) - 1)]]
    lines += [[text if plain else _cell(text) for text in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Keep what people wrote from becoming markup."""
    for sign in "\\`*_[]<>|#!":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def as_html(title: str, blocks: Sequence[Block], out: Path) -> str:
    """Write one HTML file that holds everything."""
    parts = [f"<h1>{escape(title)}</h1>"]
    for block in blocks:
        match block:
            case Heading(text):
                parts.append(f"<h2>{escape(text)}</h2>")
            case Text(text):
                parts.append(f"<p>{escape(text)}</p>")
            case Table(header, rows):
                parts.append(_html_table(header, [[escape(c) for c in row] for row in rows]))
            case Chart(_, svg):
                parts.append(svg)
            case Pictures(header, rows):
                cells = [[escape(n), *(_image(out, p) for p in paths)] for n, paths in rows]
                parts.append(_html_table(header, cells))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in header)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{inside}</table></div>'


def _image(out: Path, path: str) -> str:
    if not path or not (out / path).is_file():
        return ""
    with Image.open(out / path) as image:
        small = image.convert("RGB")
    small.thumbnail((128, 128))
    kept = io.BytesIO()
    small.save(kept, "JPEG", quality=85)
    data = base64.b64encode(kept.getvalue()).decode()
    return f'<img alt="" src="data:image/jpeg;base64,{data}">'
