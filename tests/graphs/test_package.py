"""The package: light, drawn, closed to other eyes, and the same in another process."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import graphs
from graphs import answer, open_saver, turn_graph
from graphs.drawing import DOCUMENT, document
from tests.graphs.fakes import FakeHouse

ASK = """
import sys
from pathlib import Path
from graphs import open_saver, start, turn_graph
from tests.graphs.fakes import FakeHouse
with open_saver(Path(sys.argv[1])) as saver:
    given = {"key": "k", "text": "Remember that Maeve hates rain"}
    print(start(turn_graph(saver), given, FakeHouse().ports, "t1").asking["kind"])
"""


def run(code: str, *arguments: str) -> str:
    # as strict as pytest itself
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root)
    return done.stdout.strip()


def test_importing_costs_nothing() -> None:
    heavy = "{'langgraph', 'torch', 'chromadb', 'sqlalchemy'}"
    assert run(f"import sys, graphs, graphs.ports; print({heavy} & set(sys.modules))") == "set()"


def test_what_is_exported_exists() -> None:
    assert all(getattr(graphs, name) for name in graphs.__all__)
    assert dir(graphs) == sorted(graphs.__all__)


def test_the_drawing_is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == document()


def test_another_process_answers_the_question(tmp_path: Path, house: FakeHouse) -> None:
    path = tmp_path / "runs.db"
    assert run(ASK, str(path)) == "consent"
    with open_saver(path) as saver:
        answer(turn_graph(saver), "yes", house.ports, "t1")
    assert house.facts.added == [("c1", "Maeve hates rain")]


def test_unfinished_runs_are_the_owner_s_alone(tmp_path: Path) -> None:
    with open_saver(tmp_path / "runs.db") as saver:
        saver.setup()
    for path in tmp_path.glob("runs.db*"):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
