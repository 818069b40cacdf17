"""Twelve turns on a pseudo-terminal: keys go in, a prompt comes back, another day goes on."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from tests.assistant.conftest import paint

ROOT = Path(__file__).parents[1]
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][0-9A-B]?|[\r\x07\x08]")
_LONGEST_S = 60.0
# after Ctrl-D
_LEAVES_S = 30.0


class Terminal:
    """A chat on a pseudo-terminal wide enough for every line."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 400, 0, 0))
        settings = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "chat", "--model", "tiny", *arguments],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def read_until(self, awaited: str, after: str = "") -> str:
        """Return what is shown up to a text that stands at the end, once ``after`` was there."""
        shown, until = "", time.monotonic() + _LONGEST_S
        while not (after in plain(shown) and plain(shown).rstrip().endswith(awaited)):
            assert time.monotonic() < until, f"no {awaited!r} after {plain(shown)!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                shown += os.read(self.master, 65536).decode("utf-8", "replace")
        return plain(shown)

    def say(self, text: str, awaited: str = ">") -> str:
        """Type a line and return what comes until the next prompt; the line itself is echoed."""
        os.write(self.master, text.encode() + b"\r")
        return self.read_until(awaited, text)

    def leave(self) -> int:
        """Press Ctrl-D and return the exit code."""
        os.write(self.master, b"\x04")
        code = self.process.wait(_LEAVES_S)
        os.close(self.master)
        return code


def plain(shown: str) -> str:
    """Leave out what moves the cursor or gives colour."""
    return _CODES.sub("", shown)


@pytest.fixture
def photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Let a dog and a cat be known, and give photos of them."""
    known = ["--preset", "none", "--model", "tiny"]
    for name, seed, kind in (("Maeve", 1, "dog"), ("Rex", 9, "cat")):
        (tmp_path / name).mkdir()
        for number in range(3):
            paint(seed, number).save(tmp_path / name / f"{number}.png")
        told = ["--name", name, "--class", kind, *known]
        assert cli.run(["concept", "add", str(tmp_path / name), *told]) == 0
    capsys.readouterr()
    return tmp_path


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Keep what is opened, so that none outlives the test."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()


def test_twelve_turns_on_a_terminal(photos: Path, terminals: list[Terminal]) -> None:
    first = Terminal()
    terminals.append(first)
    assert "model tiny · user me · 2 concepts" in first.read_until(">")
    assert "This is Maeve." in first.say(f"{photos / 'Maeve' / '0.png'} Who is this?")
    first.say(f"{photos / 'Rex' / '0.png'} What is Rex doing in this photo?")
    assert ".png" in first.say("draw Maeve")
    assert ".png" in first.say("now make it night")
    assert ".png" in first.say("draw Maeve and Rex on the beach")
    first.say("remember that Rex lives in a barn", "yes / no?")
    assert "I will remember that." in first.say("yes")
    assert "a fact to be remembered" in first.say("/why")
    first.say("Where does Rex live?")
    assert first.leave() == 0
    second = Terminal("--continue")
    terminals.append(second)
    assert "Going on with:" in second.read_until(">")
    assert "This is Maeve." in second.say(f"{photos / 'Maeve' / '1.png'} Who is this?")
    assert ".png" in second.say("draw her at sea")
    second.say("/forget Maeve", "yes / no?")
    second.say("yes", "yes / no?")
    second.say("no", "yes / no?")
    assert "Maeve is forgotten." in second.say("no")
    assert "This is Maeve." not in second.say(f"{photos / 'Maeve' / '0.png'} Who is this?")
    assert second.leave() == 0
