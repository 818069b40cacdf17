"""A store of its own for each test, with two users.

``OMNI_TEST_URL`` puts it on a PostgreSQL database, which is emptied for each test. Tests that look
into the SQLite file are then not for it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from memory import Memory, open_memory

# the smallest safetensors there is: a header without tensors
TENSORS = (2).to_bytes(8, "little") + b"{}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[Memory]:
    url = os.environ.get("OMNI_TEST_URL")
    if url is not None:
        empty(url)
    with open_memory(folder, url) as opened:
        yield opened


def empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
def ana(store: Memory) -> str:
    return store.users.add("Ana").id


@pytest.fixture
def bo(store: Memory) -> str:
    return store.users.add("Bo").id


@pytest.fixture
def rex(store: Memory, ana: str) -> str:
    return store.concepts.add(ana, "Rex", "dog").id
