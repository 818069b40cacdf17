"""A photo on standard input."""

import io
from pathlib import Path

import pytest

import cli_stdin
from cli_stdin import is_stdin, on_disk
from learning.photos import PhotoLimits
from omni_errors import InputError, UsageError


class Piped:
    """Stand where stdin stands."""

    def __init__(self, data: bytes, *, tty: bool = False) -> None:
        self.buffer, self.tty = io.BytesIO(data), tty

    def isatty(self) -> bool:
        return self.tty


def test_a_photo_on_disk_is_left_there(tmp_path: Path) -> None:
    with on_disk(tmp_path / "a.png") as path:
        assert path == tmp_path / "a.png"
    assert not is_stdin(Path("./-/a.png")) and is_stdin(Path("-"))


def test_a_photo_on_stdin_is_a_file_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Piped(b"pixels"))
    with on_disk(Path("-")) as path:
        assert path.read_bytes() == b"pixels"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.exists()


@pytest.mark.parametrize(
    ("stdin", "error", "said"),
    [
        (Piped(b"", tty=True), UsageError, "No photo comes"),
        (Piped(b""), InputError, "Nothing came"),
        (Piped(b"123456789"), InputError, "more than 0 MiB"),
    ],
)
def test_nothing_or_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, stdin: Piped, error: type[Exception], said: str
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    monkeypatch.setattr("learning.photos.PhotoLimits", lambda: PhotoLimits(max_bytes=8))
    with pytest.raises(error, match=said), cli_stdin.on_disk(Path("-")):
        pass
    # no more than one byte over the limit was read
    assert stdin.buffer.tell() <= 9
