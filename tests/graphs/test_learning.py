"""Learning that stops anywhere goes on from there."""

import subprocess
import sys
from pathlib import Path

import pytest
from langsmith.utils import tracing_is_enabled

from graphs import erase, go_on, learning_graph, open_saver, start, threads, waiting
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


ROOT = Path(__file__).parent.parent.parent
KILLED = """
import os, sys
from pathlib import Path
from graphs import learning_graph, open_saver, start
from tests.graphs.fakes import FakeWorkshop

class Workshop(FakeWorkshop):
    def train(self, *given):
        os.kill(os.getpid(), 9)

with open_saver(Path(sys.argv[1])) as saver:
    start(learning_graph(saver), {"concept": "c1", "photos": ["a.jpg"]}, Workshop(), "learn")
"""


def test_kill_9_in_training_loses_nothing_before_it(tmp_path: Path) -> None:
    path, fresh = tmp_path / "runs.db", FakeWorkshop()
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT)
    with open_saver(path) as saver:
        state = go_on(learning_graph(saver), fresh, "learn").state
    assert (killed.returncode, fresh.done) == (-9, ["train", "grade", "commit"])
    assert state["checkpoint"] == "trained on examples of 1"


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


def test_runs_that_wait_are_listed_and_erased(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with open_saver(path) as saver:
        graph = learning_graph(saver)
        with pytest.raises(KeyboardInterrupt):
            start(graph, {**GIVEN, "photos": ["maeve.jpg"]}, FakeWorkshop("train"), "learn")
        kept = waiting(graph, "learn")
        assert kept is not None and kept.state["photos"] == ["maeve.jpg"]
        assert threads(saver) == ("learn",)
        erase(saver, ["learn"])
        assert (threads(saver), waiting(graph, "learn")) == ((), None)
    assert not any(b"maeve.jpg" in file.read_bytes() for file in tmp_path.iterdir())
