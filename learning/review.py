"""A look at edit pairs: a sheet to see them on, and a file in which a person takes some out.

Set ``"keep": false`` in the file; the pair is refused from then on, whatever made it.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from learning.edit_pairs import EditPair, EditSet, measure
from omni_errors import InputError

__all__ = ["read_refusals", "write_review", "write_sheet"]

_SIDE, _GAP, _LINES = 128, 8, 44
_BY_HAND = "Taken out by hand."


def write_review(edits: EditSet, folder: Path) -> tuple[Path, Path]:
    """Write ``edits.png`` and ``edits.json``; refusals already in the file stay."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet, file = folder / "edits.png", folder / "edits.json"
    old = read_refusals(file)
    rows = [_row(pair, "") for pair in edits.kept]
    rows += [_row(r.pair, r.reason) for r in edits.rejected]
    for row in rows:
        row["keep"] = row["key"] not in old
    named = {row["key"] for row in rows}
    rows += [
        {"key": key, "keep": False, "reason": why} for key, why in old.items() if key not in named
    ]
    text = json.dumps({"kept_share": round(edits.kept_share, 3), "pairs": rows}, indent=1)
    _replace(file, text)
    write_sheet(edits, sheet)
    return sheet, file


def _row(pair: EditPair, reason: str) -> dict[str, Any]:
    found = measure(pair)
    return {
        "key": pair.key,
        "keep": True,
        "kind": pair.kind,
        "instruction": pair.instruction,
        "reason": reason,
        "outside": round(found.outside, 2),
        "inside": round(found.inside, 2),
        "share": round(found.share, 3),
    }


def _replace(path: Path, text: str) -> None:
    waiting = path.with_suffix(".new")
    waiting.write_text(text, "utf-8")
    os.replace(waiting, path)


def read_refusals(file: Path) -> dict[str, str]:
    """Read the keys of pairs a person took out, with reasons; none if there is no file.

    Raises:
        InputError: if the file is not as `write_review` writes it.
    """
    if not file.exists():
        return {}
    try:
        rows = json.loads(file.read_text("utf-8"))["pairs"]
        out = [row for row in rows if row["keep"] is False]
        return {str(row["key"]): str(row.get("reason") or _BY_HAND) for row in out}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file} is no list of edit pairs: {error}.", hint="Mend or delete it."
        ) from error


def write_sheet(edits: EditSet, path: Path, columns: int = 3) -> None:
    """Draw all pairs with captions, the kept ones first, the others framed in red."""
    shown = [(pair, "") for pair in edits.kept]
    shown += [(r.pair, r.reason) for r in edits.rejected]
    wide, tall = 2 * _SIDE + 3 * _GAP, _SIDE + _LINES + 2 * _GAP
    lines = max(-(-len(shown) // columns), 1)
    sheet = Image.new("RGB", (columns * wide, lines * tall), "white")
    for number, (pair, reason) in enumerate(shown):
        tile = _tile(pair, reason, (wide, tall))
        sheet.paste(tile, (number % columns * wide, number // columns * tall))
    sheet.save(path)


def _tile(pair: EditPair, reason: str, size: tuple[int, int]) -> Image.Image:
    tile = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(tile)
    for place, image in enumerate((pair.source, pair.target)):
        small = image.copy()
        small.thumbnail((_SIDE, _SIDE))
        tile.paste(small, (_GAP + place * (_SIDE + _GAP), _GAP))
    said = [pair.instruction, reason or f"kept, {pair.key}"]
    for number, text in enumerate(_wrapped(said)):
        colour = "firebrick" if reason and number else "black"
        draw.text((_GAP, _SIDE + 2 * _GAP + 12 * number), text, fill=colour)
    if reason:
        draw.rectangle((1, 1, size[0] - 2, size[1] - 2), outline="firebrick", width=2)
    return tile


def _wrapped(texts: Sequence[str], width: int = 44) -> list[str]:
    # The built-in font knows Latin letters only.
    plain = [text.encode("latin-1", "replace").decode("latin-1") for text in texts]
    return [text[at : at + width] for text in plain for at in range(0, len(text), width)][:3]
