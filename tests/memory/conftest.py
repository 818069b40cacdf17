"""A store of its own for each test, with two users."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory import Memory, open_memory

# the smallest safetensors there is: a header without tensors
TENSORS = (2).to_bytes(8, "little") + b"{}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[Memory]:
    with open_memory(folder) as opened:
        yield opened


@pytest.fixture
def ana(store: Memory) -> str:
    return store.users.add("Ana").id


@pytest.fixture
def bo(store: Memory) -> str:
    return store.users.add("Bo").id


@pytest.fixture
def rex(store: Memory, ana: str) -> str:
    return store.concepts.add(ana, "Rex", "dog").id
