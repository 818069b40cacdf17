"""A training is told in few lines where none can move."""

import io

import pytest
from rich.console import Console

from cli_progress import Training, without_bars
from learning.trainer import StepLosses

Out = pytest.CaptureFixture[str]


def hear(training: Training, steps: int) -> None:
    for step in range(1, steps + 1):
        training(StepLosses(step, 1.5, 0.5, 0.5, 0.5, 0.1), steps)


def test_a_pipe_gets_a_line_a_quarter(capsys: Out) -> None:
    with Training() as training:
        hear(training, 40)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(",")[0].split()[-1] for line in err.splitlines()] == [
        "10/40",
        "20/40",
        "30/40",
        "40/40",
    ]
    assert "loss 1.50" in err


def test_a_terminal_gets_one_line_that_is_taken_away() -> None:
    screen = io.StringIO()
    with Training() as training:
        training._console = Console(file=screen, force_terminal=True, width=100)
        hear(training, 4)
    assert "4/4" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_bars_of_libraries_are_kept_away_and_come_back(capsys: Out) -> None:
    from tqdm.auto import tqdm

    with without_bars():
        assert list(tqdm(range(3), desc="hidden", disable=False)) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    list(tqdm(range(3), desc="shown"))
    assert "shown" in capsys.readouterr().err
