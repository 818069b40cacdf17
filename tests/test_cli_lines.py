"""Lines typed at a terminal: what keys do, and what is kept of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from cli_lines import Typed


@pytest.fixture
def keys() -> Iterator[Any]:
    """Give a keyboard to press keys on."""
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


def typed(history: Path | None = None) -> Typed:
    return Typed(lambda before: [f"{before}ve"], history)


def test_ctrl_c_empties_a_line_and_breaks_off_an_empty_one(keys: Any) -> None:
    keys.send_text("never said\x03Hello\n")
    assert typed().read() == "Hello"
    keys.send_text("\x03")
    with pytest.raises(KeyboardInterrupt):
        typed().read()


def test_ctrl_d_ends(keys: Any) -> None:
    keys.send_text("\x04")
    with pytest.raises(EOFError):
        typed().read()


def test_alt_enter_begins_a_line_and_quotes_hold_several(keys: Any) -> None:
    keys.send_text("one\x1b\rtwo\n")
    assert typed().read() == "one\ntwo"
    keys.send_text('"""three\nfour"""\n')
    assert typed().read() == "three\nfour"


def test_the_last_word_is_completed(keys: Any) -> None:
    completer = typed()._session.completer
    assert completer is not None
    found = list(completer.get_completions(Document("See Mae"), CompleteEvent()))
    assert [(one.text, one.start_position) for one in found] == [("See Maeve", -3)]


def test_lines_are_kept_where_that_is_wished(keys: Any, tmp_path: Path) -> None:
    keys.send_text("Hello\nBye\n")
    typed(tmp_path / "state" / "history").read()
    typed().read()
    assert "+Hello\n" in (kept := (tmp_path / "state" / "history").read_text())
    assert "Bye" not in kept


def test_kept_lines_are_the_user_s_alone(keys: Any, tmp_path: Path) -> None:
    file = tmp_path / "state" / "history"
    typed(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
