"""A process that works for another ends when that one is gone."""

import multiprocessing
import os

from bench.running.running import end_with


def test_a_worker_ends_when_the_first_process_is_gone() -> None:
    context = multiprocessing.get_context("spawn")
    # somebody who is not its parent: as if that had died
    worker = context.Process(target=end_with, args=(os.getppid(),))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 1
