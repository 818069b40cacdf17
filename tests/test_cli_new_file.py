"""New files only, whole or not at all."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from cli_new_file import write_new
from omni_errors import InputError, ResourceError


@pytest.mark.parametrize(("private", "others"), [(True, 0), (False, 0o044)])
def test_a_file_is_for_its_user_unless_it_is_given_away(
    tmp_path: Path, private: bool, others: int
) -> None:
    before = os.umask(0o022)
    path = write_new(tmp_path / "a", b"text", private=private)
    os.umask(before)
    assert path.read_bytes() == b"text"
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == others


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    with pytest.raises(InputError, match="there already"):
        write_new(tmp_path / "a", b"text")
    assert (tmp_path / "a").read_text() == "before"


def test_half_a_file_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.fdopen

    def full(handle: int, mode: str) -> Any:
        opened(handle, mode).close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cli_new_file.os.fdopen", full)
    with pytest.raises(ResourceError, match="No space left"):
        write_new(tmp_path / "a", b"text")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["no/where", "a\0b", "x" * 300])
def test_what_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResourceError, match="cannot be written"):
        write_new(tmp_path / name, b"text")
