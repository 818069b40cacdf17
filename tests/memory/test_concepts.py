"""Concepts are unique per user, and a long list of them is quick."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from memory import Memory
from memory.database import Database
from memory.tables import ConceptRow
from omni_errors import InputError, NotFoundError
from tests.memory.conftest import TENSORS


def test_a_name_is_taken_in_any_case(store: Memory, ana: str, rex: str) -> None:
    with pytest.raises(InputError, match="'Rex' already"):
        store.concepts.add(ana, "REX")
    assert [concept.id for concept in store.concepts.list(ana)] == [rex]


def test_two_users_may_have_one_name_each(store: Memory, ana: str, bo: str, rex: str) -> None:
    other = store.concepts.add(bo, "Rex")
    assert store.concepts.get(ana, "rex").id == rex
    assert store.concepts.get(bo, "rex") == other


def test_renaming_keeps_the_concept_and_frees_the_name(store: Memory, ana: str, rex: str) -> None:
    assert store.concepts.rename(ana, "rex", "REX").id == rex
    assert store.concepts.rename(ana, "rex", "Max").id == rex
    assert store.concepts.find(ana, "Rex") is None
    assert store.concepts.add(ana, "Rex").id != rex


def test_renaming_to_a_taken_name_changes_nothing(store: Memory, ana: str, rex: str) -> None:
    store.concepts.add(ana, "Max")
    with pytest.raises(InputError, match="'Max' already"):
        store.concepts.rename(ana, "Rex", "max")
    assert [concept.name for concept in store.concepts.list(ana)] == ["Max", "Rex"]


def test_an_id_is_as_good_as_a_name_and_comes_after_it(
    store: Memory, ana: str, bo: str, rex: str
) -> None:
    assert store.concepts.get(ana, rex).name == "Rex"
    assert store.concepts.rename(ana, rex, "Max").id == rex
    with pytest.raises(NotFoundError):
        store.concepts.get(bo, rex)
    named = store.concepts.add(ana, rex).id
    assert store.concepts.get(ana, rex).id == named != rex


def test_unknown_ones_are_told(store: Memory, ana: str) -> None:
    with pytest.raises(NotFoundError, match="no concept 'Rex'"):
        store.concepts.get(ana, "Rex")
    with pytest.raises(NotFoundError, match="no user 'nobody'"):
        store.concepts.add("nobody", "Rex")


def test_a_summary_counts_what_there_is(store: Memory, ana: str, rex: str) -> None:
    store.facts.add(ana, rex, "Rex is old")
    store.photos.add(ana, rex, b"one")
    store.photos.add(ana, rex, b"two")
    store.checkpoints.add(ana, rex, TENSORS, {})
    (summary,) = store.concepts.summaries(ana)
    assert (summary.concept.name, summary.facts, summary.photos) == ("Rex", 1, 2)
    assert summary.version == 1


def test_ten_thousand_are_listed_quickly(store: Memory, folder: Path, ana: str) -> None:
    database = Database(folder)
    with database.writing() as session:
        rows = (ConceptRow(user_id=ana, name=f"c{n}", name_key=f"c{n}") for n in range(10_000))
        session.add_all(rows)
    database.close()
    begun = time.perf_counter()
    assert len(store.concepts.list(ana)) == 10_000
    assert len(store.concepts.summaries(ana)) == 10_000
    assert time.perf_counter() - begun < 5


def test_listing_loads_no_model_and_no_index(folder: Path) -> None:
    code = f"""
import sys
from memory import open_memory
store = open_memory({str(folder)!r})
store.concepts.list(store.users.ensure("Ana").id)
heavy = ["torch", "transformers", "chromadb", "numpy", "backbone"]
print([name for name in heavy if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_importing_memory_loads_no_database() -> None:
    code = "import sys, memory; print('sqlalchemy' in sys.modules, memory.Concept.__name__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "Concept"]
