"""Processes end when the first one is gone; one that fails does not cost the others."""

import multiprocessing
import os
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.running import running
from bench.running.failing import Failures
from bench.running.running import RunOptions, end_with
from omni_errors import ResourceError

GO_ON = threading.Event()


class Pool(ThreadPoolExecutor):
    """Work in one thread, however many processes are asked for."""

    def __init__(self, workers: int, **given: Any) -> None:
        super().__init__(1)


def begun(monkeypatch: pytest.MonkeyPatch, failing: Collection[str]) -> list[str]:
    """Let some subjects fail and the others wait; keep which were begun."""
    seen = list[str]()

    def do(name: str, out: Path, options: RunOptions) -> str:
        seen.append(name)
        if name in failing:
            raise ResourceError("No memory.")
        GO_ON.wait(3)
        return name

    monkeypatch.setattr(running, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(running, "_do", do)
    return seen


def do_all() -> Failures:
    return running._in_processes(list("abcd"), Path(), RunOptions(), lambda text: None)


def test_a_failure_in_one_process_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = begun(monkeypatch, "a")
    GO_ON.set()
    failures = do_all()
    assert seen == list("abcd")
    assert (sorted(failures.done), list(failures.errors)) == (["b", "c", "d"], ["a"])


def test_after_two_that_fail_alike_what_waits_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = begun(monkeypatch, "ab")
    GO_ON.clear()
    with pytest.raises(ResourceError, match="No memory"):
        do_all()
    GO_ON.set()
    assert set(seen) <= {"a", "b", "c"}


def test_a_worker_ends_when_the_first_process_is_gone() -> None:
    context = multiprocessing.get_context("spawn")
    # somebody who is not its parent: as if that had died
    worker = context.Process(target=end_with, args=(os.getppid(),))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 1
