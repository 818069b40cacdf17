"""Learning that stops anywhere goes on from there."""

from pathlib import Path

import pytest
from langsmith.utils import tracing_is_enabled

from graphs import go_on, learning_graph, open_saver, start
from graphs.learning import LEARNING_STEPS
from omni_errors import NotFoundError
from tests.graphs.fakes import FakeWorkshop

GIVEN = {"concept": "c1", "photos": ["a.jpg", "b.jpg"], "seed": 3}


def test_learning_goes_from_photos_to_a_version() -> None:
    workshop = FakeWorkshop()
    state = start(learning_graph(), GIVEN, workshop).state
    assert workshop.done == list(LEARNING_STEPS)
    assert (state["checkpoint"], state["version"]) == ("trained on examples of 2", 3)


@pytest.mark.parametrize("stop", LEARNING_STEPS)
def test_a_killed_run_goes_on_without_repeating(tmp_path: Path, stop: str) -> None:
    killed, fresh = FakeWorkshop(stop_at=stop), FakeWorkshop()
    with open_saver(tmp_path / "runs.db") as saver, pytest.raises(KeyboardInterrupt):
        start(learning_graph(saver), GIVEN, killed, "learn")
    with open_saver(tmp_path / "runs.db") as saver:
        state = go_on(learning_graph(saver), fresh, "learn").state
    assert killed.done + fresh.done == list(LEARNING_STEPS)
    assert state["scores"] == {"recognition": 0.9}


def test_nothing_is_sent_whatever_the_shell_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    seen: list[object] = []

    class Workshop(FakeWorkshop):
        def _step(self, name: str) -> None:
            seen.append(tracing_is_enabled())

    start(learning_graph(), GIVEN, Workshop())
    assert seen == [False] * len(LEARNING_STEPS)


def test_nothing_goes_on_that_was_not_begun(tmp_path: Path) -> None:
    with open_saver(tmp_path / "runs.db") as saver, pytest.raises(NotFoundError):
        go_on(learning_graph(saver), FakeWorkshop(), "learn")


def test_a_finished_run_does_not_go_on(tmp_path: Path) -> None:
    with open_saver(tmp_path / "runs.db") as saver:
        start(learning_graph(saver), GIVEN, FakeWorkshop(), "learn")
        with pytest.raises(NotFoundError):
            go_on(learning_graph(saver), FakeWorkshop(), "learn")
