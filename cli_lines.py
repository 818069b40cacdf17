"""Where chat's lines come from: a terminal with editing, history and completion, or a pipe."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from private_folders import private_folder

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

__all__ = ["Lines", "Piped", "Typed", "open_lines"]

# begins and ends a text of several lines
_BLOCK = '"""'


class Lines(Protocol):
    """Give one line after another; several as one between triple quotes."""

    # whether somebody is there to answer
    asks: bool

    def read(self, prompt: str = "> ") -> str:
        """Return the next line.

        Raises:
            EOFError: if there is no more.
            KeyboardInterrupt: if it was broken off before anything was typed.
        """


class Piped:
    """Lines of stdin when it is no terminal; nothing is prompted for."""

    asks = False

    def read(self, prompt: str = "> ") -> str:
        """Return the next line."""
        return _block(_one_line, prompt)


def _one_line(prompt: str) -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


class Typed:
    """Lines typed at a terminal, with what prompt_toolkit offers.

    They are kept in the file ``history``, made for this user of the machine alone, if there is one.
    """

    asks = True

    def __init__(
        self, complete: Callable[[str], Iterable[str]], history: Path | None = None
    ) -> None:
        if history is not None:
            _make_private(history)
        self._session = _session(complete, history)

    def read(self, prompt: str = "> ") -> str:
        """Return the next line."""
        return _block(self._session.prompt, prompt)


def _block(read: Callable[[str], str], prompt: str) -> str:
    """Read a line, or several up to the closing quotes."""
    line = read(prompt)
    if not line.lstrip().startswith(_BLOCK):
        return line
    lines = [line.lstrip().removeprefix(_BLOCK)]
    while not lines[-1].rstrip().endswith(_BLOCK):
        lines.append(read("… "))
    lines[-1] = lines[-1].rstrip().removesuffix(_BLOCK)
    return "\n".join(lines).strip()


def _make_private(file: Path) -> None:
    private_folder(file.parent)
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_APPEND, 0o600))


def open_lines(complete: Callable[[str], Iterable[str]], history: Path | None) -> Lines:
    """Read from the terminal if both ends are one, else from the pipe, of which no line is kept."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Typed(complete, history)
    return Piped()


def _session(
    complete: Callable[[str], Iterable[str]], history: Path | None
) -> "PromptSession[str]":
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    return PromptSession(
        history=FileHistory(str(history)) if history else InMemoryHistory(),
        completer=_completer(complete),
        complete_while_typing=False,
        key_bindings=_keys(),
        enable_open_in_editor=True,
        prompt_continuation="… ",
    )


def _keys() -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("c-c")
    def break_off(event: "KeyPressEvent") -> None:
        """Empty the line; at an empty one, break off."""
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    @keys.add("escape", "enter")
    def newline(event: "KeyPressEvent") -> None:
        """Begin a new line in the same text."""
        event.current_buffer.insert_text("\n")

    return keys


def _completer(complete: Callable[[str], Iterable[str]]) -> "Completer":
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        def get_completions(
            self, document: "Document", complete_event: "CompleteEvent"
        ) -> "Iterator[Completion]":
            """Offer what may stand in place of the last word."""
            before = document.text_before_cursor
            word = before.rpartition(" ")[2]
            for text in complete(before):
                yield Completion(text, start_position=-len(word))

    return Words()
