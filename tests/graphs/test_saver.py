"""The file of unfinished runs, when it is no such file."""

from pathlib import Path

import pytest

from graphs import open_saver, threads
from omni_errors import ResourceError


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    file.write_bytes(b"no database at all" * 400)
    with pytest.raises(ResourceError, match=r"runs\.db.*doctor --fix"), open_saver(file) as saver:
        threads(saver)


def test_what_fails_beside_it_stays_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyError), open_saver(tmp_path / "runs.db"):
        raise KeyError("somebody else's")
