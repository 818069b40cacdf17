"""Threads that wait leave the cores to others, unless somebody says otherwise."""

import os
import subprocess
import sys

import pytest

_ASK = """
import os, sys
import {first}
loaded = list(sys.modules)
print(loaded.index("backbone") < loaded.index("torch"), os.environ["OMP_WAIT_POLICY"])
"""


def said(first: str, **given: str) -> list[str]:
    clean = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    call = [sys.executable, "-c", _ASK.format(first=first)]
    return subprocess.check_output(call, env=clean | given, text=True).split()


@pytest.mark.parametrize("first", ["learning.batches", "assistant.enrolling"])
def test_it_is_said_before_torch_is_there(first: str) -> None:
    assert said(first) == ["True", "PASSIVE"]


def test_what_somebody_says_counts() -> None:
    assert said("learning.batches", OMP_WAIT_POLICY="ACTIVE") == ["True", "ACTIVE"]
