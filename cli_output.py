"""Printing for the `omni` command: data on stdout, everything else on stderr.

Text of people, models and paths is printed as it is: it never counts as markup, and a control
character in it, which could steer the terminal, is shown as U+FFFD. How much is said beside the
data is one `Manner` for the whole run, set before a command begins.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.status import Status
from rich.style import Style
from rich.table import Table
from rich.text import Text

from omni_errors import OmniError
from omni_text import legible

__all__ = [
    "Manner",
    "Quiet",
    "counted",
    "detail",
    "is_writable",
    "manner",
    "note",
    "plain",
    "print_error",
    "print_json",
    "print_pairs",
    "print_table",
    "put",
    "say",
    "say_path",
    "set_manner",
    "stream",
]

# wide enough that a pipe gets whole lines
_PIPE_WIDTH = 200
# what an error begins with; errors are said in any manner
_ERROR = "omni: "


@dataclass(frozen=True)
class Manner:
    """Say how much is printed on stderr."""

    # only errors and questions
    quiet: bool = False
    # also each step, and what an answer rests on
    verbose: bool = False
    # also where an error came from
    debug: bool = False


# of the whole process: threads of a chat speak in it, too
_manner = Manner()


def manner() -> Manner:
    """Return how much is said in this run."""
    return _manner


def set_manner(chosen: Manner) -> None:
    """Say more or less from now on."""
    global _manner
    _manner = chosen


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def plain(text: str) -> str:
    """Return a text with what could steer a terminal replaced."""
    return legible(text)


def _plain(text: str) -> Text:
    return Text(plain(text))


def counted(number: int, noun: str) -> str:
    """Say how many: "1 photo", "2 photos"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """Print an answer on stdout."""
    _console().print(_plain(text), soft_wrap=True)


def note(text: str) -> None:
    """Print a remark on stderr, unless it should be quiet; errors are printed anyway."""
    if text.startswith(_ERROR) or not _manner.quiet:
        _console(stderr=True).print(_plain(text), soft_wrap=True)


def put(question: str) -> None:
    """Print a question on stderr, however quiet it should be: somebody is to answer it."""
    _console(stderr=True).print(_plain(question), soft_wrap=True)


def detail(text: str) -> None:
    """Print on stderr what only those want to know who asked for more."""
    if _manner.verbose:
        note(text)


def say_path(path: Path) -> None:
    """Print where a file is on stdout; terminals that can make it a link."""
    console, text = _console(), _plain(str(path))
    if console.is_terminal:
        text.stylize(Style(link=path.absolute().as_uri()))
    console.print(text, soft_wrap=True)


def stream(text: str) -> None:
    """Print a piece of an answer on stdout at once, without ending the line."""
    sys.stdout.write(plain(text))
    sys.stdout.flush()


class Quiet:
    """Say on stderr what is going on while it goes on; in a pipe say nothing."""

    def __init__(self) -> None:
        self._console = _console(stderr=True)
        self._status: Status | None = None

    @property
    def moves(self) -> bool:
        """Tell whether a line can be replaced by the next."""
        seen = self._console.is_terminal and not self._console.is_dumb_terminal
        return seen and not _manner.quiet

    def step(self, text: str) -> None:
        """Show what is being done now, in place of what was shown."""
        if not self.moves:
            detail(text)
            return
        shown = Text(plain(text).replace("\n", " ")[: self._console.width - 4], style="dim")
        if self._status is None:
            self._status = self._console.status(shown)
            self._status.start()
        else:
            self._status.update(shown)

    def clear(self) -> None:
        """Take away what is shown."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()


def print_json(data: Any) -> None:
    """Print data as JSON on stdout, with letters as they are where it can write them."""
    text = json.dumps(data, indent=1, ensure_ascii=False)
    # half a character, as in the name of a file that is no UTF-8, can be written nowhere
    sys.stdout.write((text if is_writable(text) else json.dumps(data, indent=1)) + "\n")


def is_writable(text: str) -> bool:
    """Tell whether stdout can spell a text; what it cannot spell is replaced by question marks."""
    try:
        text.encode(sys.stdout.encoding or "utf8")
    except UnicodeEncodeError:
        return False
    return True


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
        note(f"{_ERROR}{error}")
