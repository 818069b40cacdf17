"""What tests of graphs get: a house of fakes, and a file for unfinished runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs import open_saver
from tests.graphs.fakes import FakeHouse


@pytest.fixture(autouse=True)
def strict_states(monkeypatch: pytest.MonkeyPatch) -> None:
    # a state with anything but plain types fails instead of warning
    monkeypatch.setenv("LANGGRAPH_STRICT_MSGPACK", "true")


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def saver(tmp_path: Path) -> Iterator[SqliteSaver]:
    with open_saver(tmp_path / "runs.db") as opened:
        yield opened
