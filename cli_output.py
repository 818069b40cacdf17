"""Printing for the `omni` command: data on stdout, everything else on stderr.

Text of people, models and paths is printed as it is: it never counts as markup, and a control
character in it, which could steer the terminal, is shown as U+FFFD.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from omni_errors import OmniError

__all__ = ["note", "print_error", "print_json", "print_pairs", "print_table", "say"]

# wide enough that a pipe gets whole lines
_PIPE_WIDTH = 200


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def _plain(text: str) -> Text:
    return Text("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text))


def say(text: str) -> None:
    """Print an answer on stdout."""
    _console().print(_plain(text), soft_wrap=True)


def note(text: str) -> None:
    """Print a remark on stderr."""
    _console(stderr=True).print(_plain(text), soft_wrap=True)


def print_json(data: Any) -> None:
    """Print data as JSON on stdout."""
    sys.stdout.write(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a header, without lines around them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in header:
        table.add_column(Text(title), overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    _console().print(table)


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names beside their values."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(_plain(name), _plain(value))
    _console().print(table)


def print_error(error: OmniError, *, as_json: bool) -> None:
    """Print an error: one line on stderr, or one JSON object on stdout."""
    if as_json:
        kind = type(error).__name__
        print_json({"error": {"kind": kind, "message": error.message, "hint": error.hint}})
    else:
        note(f"omni: {error}")
