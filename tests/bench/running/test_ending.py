"""Processes end when the first one is gone, and nothing is begun after a failure."""

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.running import running
from bench.running.running import RunOptions, end_with
from omni_errors import ResourceError


class Pool(ThreadPoolExecutor):
    """Work in one thread, however many processes are asked for."""

    def __init__(self, workers: int, **given: Any) -> None:
        super().__init__(1)


def test_the_first_failure_is_raised_at_once_and_what_waits_is_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = list[str](), threading.Event()

    def do(name: str, out: Path, options: RunOptions) -> str:
        begun.append(name)
        if name == "a":
            raise ResourceError("No memory.")
        go_on.wait(3)
        return name

    monkeypatch.setattr(running, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(running, "_do", do)
    with pytest.raises(ResourceError, match="No memory"):
        running._in_processes(list("abcd"), Path(), RunOptions(), lambda text: None)
    go_on.set()
    assert set(begun) <= {"a", "b"}


def test_a_worker_ends_when_the_first_process_is_gone() -> None:
    context = multiprocessing.get_context("spawn")
    # somebody who is not its parent: as if that had died
    worker = context.Process(target=end_with, args=(os.getppid(),))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 1
