"""Contact sheets: the first picture of each task, for all subjects and methods, nothing picked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from bench.data.items import Bench
from bench.data.pictures import open_picture
from bench.running.ledger import Result

__all__ = ["drawn_by", "first_items", "write_sheets"]

TASKS = ("draw", "parg", "edit")
_CELL, _GAP, _LABEL = 96, 2, 12
_NAME = 110
_INK, _PAPER = "black", "white"


def drawn_by(results: Sequence[Result]) -> dict[str, dict[str, str]]:
    """Return the picture's path of each method, by item."""
    found: dict[str, dict[str, str]] = {}
    for result in results:
        if result.task in TASKS:
            found.setdefault(result.item, {})[result.method] = result.output
    return found


def first_items(
    bench: Bench, task: str, drawn: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str, str]]:
    """Return subject, first item that was drawn, and path of a photo or of what was edited."""
    rows = []
    for subject in bench.subjects:
        item = next((i for i in bench.of(subject.name, task) if i.id in drawn), None)
        if item is not None:
            rows.append((subject.name, item.id, item.image or subject.train[0]))
    return rows


def write_sheets(
    out: Path, bench: Bench, results: Sequence[Result], methods: Sequence[str]
) -> list[Path]:
    """Write ``sheet-TASK.jpg`` for each task that has pictures, and return their paths."""
    drawn, files = drawn_by(results), []
    for task in TASKS:
        rows = first_items(bench, task, drawn)
        # black pictures show nothing
        shown = [m for m in methods if m != "black" and any(m in drawn[i] for _, i, _ in rows)]
        if rows and shown:
            file = out / f"sheet-{task}.jpg"
            _sheet(out, bench, rows, shown, drawn).save(file, quality=80)
            files.append(file)
    return files


def _sheet(
    out: Path,
    bench: Bench,
    rows: Sequence[tuple[str, str, str]],
    methods: Sequence[str],
    drawn: Mapping[str, Mapping[str, str]],
) -> Image.Image:
    step = _CELL + _GAP
    size = (_NAME + step * (1 + len(methods)), _LABEL + step * len(rows))
    page = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(page)
    for column, name in enumerate(("photo", *methods)):
        pen.text((_NAME + column * step, 0), name[:16], fill=_INK)
    for line, (subject, item, photo) in enumerate(rows):
        top = _LABEL + line * step
        pen.text((0, top), subject[:18], fill=_INK)
        cells = [open_picture(bench.folder, photo)]
        paths = [drawn[item].get(method, "") for method in methods]
        cells += [open_picture(out, path) if path else _nothing() for path in paths]
        for column, cell in enumerate(cells):
            page.paste(_fitted(cell), (_NAME + column * step, top))
    return page


def _nothing() -> Image.Image:
    return Image.new("RGB", (_CELL, _CELL), _PAPER)


def _fitted(image: Image.Image) -> Image.Image:
    """Fit a picture into a cell, as it is: no side is cut."""
    cell = _nothing()
    image.thumbnail((_CELL, _CELL), Image.Resampling.LANCZOS)
    cell.paste(image, ((_CELL - image.width) // 2, (_CELL - image.height) // 2))
    return cell
