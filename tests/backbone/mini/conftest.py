"""One world from the built-in shapes for all tests of this folder."""

import numpy as np
import pytest
from numpy.random import Generator

from backbone.mini.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """Give a world that needs no downloads."""
    return World(size=64, pool=6)


@pytest.fixture
def rng() -> Generator:
    """Give a generator with a fixed seed."""
    return np.random.default_rng(7)
