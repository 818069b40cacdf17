"""Where chat's lines come from: a terminal with editing, history and completion, or a pipe."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backbone.home import find_home, private_folder

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

__all__ = ["Lines", "Piped", "Typed", "forget_lines", "history_path", "open_lines"]

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
    """Lines typed at a terminal, with what prompt_toolkit offers."""

    asks = True

    def __init__(self, complete: Callable[[str], Iterable[str]], *, history: bool) -> None:
        self._session = _session(complete, history_path() if history else None)

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


def history_path() -> Path:
    """Return where typed lines are kept, made for this user alone."""
    path = private_folder(find_home().state) / "history"
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_APPEND, 0o600))
    return path


def forget_lines(*names: str) -> int:
    """Take what was typed with one of the names in it out of the history; return how many lines.

    Only whole words count: "Bo" is not in "about".
    """
    from memory.searching import matching

    path = find_home().state / "history"
    if not names or not path.is_file():
        return 0
    named = matching(names)
    # each entry is a comment with the time, then its lines, each after a plus sign
    entries = re.split(r"(?m)^(?=\n?# )", path.read_text("utf8", "replace"))
    kept = [entry for entry in entries if not named.search(_said(entry))]
    if len(kept) < len(entries):
        path.write_text("".join(kept), "utf8")
    return len(entries) - len(kept)


def _said(entry: str) -> str:
    """Return what was typed, without the time, in which a number may be somebody's name."""
    return "\n".join(line[1:] for line in entry.split("\n") if line.startswith("+"))


def open_lines(complete: Callable[[str], Iterable[str]], *, history: bool) -> Lines:
    """Read from the terminal if both ends are one, else from the pipe."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return Typed(complete, history=history)
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
