"""What the model says of photos it is asked about, counted."""

import numpy as np

from bench.remembering import Table, own_word


def test_yes_and_no_weigh_the_same() -> None:
    margins = np.array([[1.0, -1.0], [2.0, 3.0], [-1.0, -2.0]])
    table = Table(np.zeros((3, 2)), margins, np.array([0, 1, 1]))
    said = own_word(table)
    assert (said["yes"], said["no"]) == (2 / 3, 2 / 3)
    assert said["weighted"] == 2 / 3


def test_the_area_asks_no_threshold() -> None:
    margins = np.array([[-1.0, -3.0], [-2.0, -0.5]])
    said = own_word(Table(np.zeros((2, 2)), margins, np.array([0, 1])))
    assert (said["yes"], said["area"]) == (0, 1)
