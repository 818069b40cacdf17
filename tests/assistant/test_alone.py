"""One process at a time, or a sentence that says why not."""

from pathlib import Path

import pytest

from assistant.alone import alone
from omni_errors import InputError, ResourceError


def test_what_another_holds_is_busy_until_it_lets_go(tmp_path: Path) -> None:
    file = tmp_path / "turn.lock"
    with alone(file, "Busy.", "Wait."):
        with pytest.raises(InputError, match="Busy. Wait."), alone(file, "Busy.", "Wait."):
            pass
    with alone(file, "Busy.", "Wait."):
        assert file.exists()


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    # stands for a home that may not be written, whoever runs this
    (file := tmp_path / "turn.lock").mkdir()
    with pytest.raises(ResourceError, match=r"turn\.lock cannot be opened: .*OMNI_HOME"):
        with alone(file, "Busy.", "Wait."):
            pass
    assert file.is_dir()
