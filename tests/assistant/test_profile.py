"""What graphs are told of concepts and facts, and that a fact is kept once."""

import pytest

from assistant.profile import FactBook, Register
from tests.assistant.conftest import Store


@pytest.fixture
def rex(store: Store) -> str:
    return store.memory.concepts.add(store.user, "Rex", "dog").id


@pytest.mark.parametrize("again", ["He is old.", "he is OLD", "He is old ."])
def test_a_fact_in_other_letters_is_the_same(store: Store, rex: str, again: str) -> None:
    book = FactBook(store.memory, store.user)
    assert book.add(rex, again) == book.add(rex, "He is old.")
    assert len(book.list(rex)) == 1


def test_another_fact_is_kept_beside_it(store: Store, rex: str) -> None:
    book = FactBook(store.memory, store.user)
    assert book.add(rex, "He is old.") != book.add(rex, "He is very old.")
    assert book.list(rex) == ["He is old.", "He is very old."]


def test_a_concept_without_tokens_has_no_version(store: Store, rex: str) -> None:
    (known,) = Register(store.memory, store.user).list()
    assert (known.id, known.name, known.class_name, known.version) == (rex, "Rex", "dog", None)


def test_facts_go_with_a_new_name(store: Store, rex: str) -> None:
    memory, book = store.memory, FactBook(store.memory, store.user)
    book.add(rex, "Rex's toy is Uncle Rex's ball.")
    memory.concepts.add(store.user, "Uncle Rex")
    memory.concepts.rename(store.user, "Rex", "Maeve")
    assert book.list(rex) == ["Maeve's toy is Uncle Rex's ball."]
    memory.concepts.add(store.user, "rex")
    assert book.list(rex) == ["Rex's toy is Uncle Rex's ball."]
