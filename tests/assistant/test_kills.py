"""Kill -9 at any moment loses nothing that was acknowledged, and training comes to the same."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


VERBS = ("add", "chat", "forget", "import")


def accounts(folder: Path, count: int) -> list[dict[str, Any]]:
    """Kill each verb so many times and return the account of each life."""
    call = [sys.executable, "-m", "tests.assistant.killing", str(folder), str(count), "4", *VERBS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("count", [1, pytest.param(25, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, count: int) -> None:
    lives = accounts(tmp_path, count)
    assert [(life["verb"], life["number"], life["wrong"]) for life in lives if life["wrong"]] == []
    assert [sum(one["killed"] for one in lives if one["verb"] == verb) for verb in VERBS] == (
        [count] * len(VERBS)
    )
    undisturbed = [life for life in lives if life["number"] == 0]
    assert all(life["told"] and not life["killed"] for life in undisturbed)
