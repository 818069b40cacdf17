"""Whose photos training says no to."""

import numpy as np
from safetensors.numpy import save

from assistant.others import photos_of_others, trained_before
from memory.values import Concept
from tests.assistant.conftest import Store


def known(store: Store, name: str, kind: str, photos: int) -> Concept:
    concept = store.memory.concepts.add(store.user, name, class_name=kind)
    for number in range(photos):
        store.memory.photos.add(store.user, concept.id, f"{name} {number}".encode())
    return concept


def tokens(store: Store, concept: Concept, recipe: str) -> None:
    data = save({"rows": np.zeros(1)})
    store.memory.checkpoints.add(store.user, concept.id, data, {"recipe": recipe})


def whose(store: Store, photos: list[str]) -> list[str]:
    names = {one.id: one.name for one in store.memory.concepts.list(store.user)}
    return [names[store.memory.photos.get(store.user, one).concept_id] for one in photos]


def test_everybody_is_seen_and_the_same_class_most(store: Store) -> None:
    maeve = known(store, "Maeve", "Dog", 1)
    for name, kind in (("Cup", "mug"), ("Rex", "dog"), ("Kai", "boy")):
        known(store, name, kind, 5)
    found = whose(store, photos_of_others(store.memory, store.user, maeve))
    assert found == ["Rex"] * 4 + ["Cup", "Kai"] * 4


def test_of_very_many_each_gives_a_photo(store: Store) -> None:
    maeve = known(store, "Maeve", "dog", 1)
    for number in range(15):
        known(store, f"Rex {number}", "dog" if number else "cat", 4)
    found = whose(store, photos_of_others(store.memory, store.user, maeve))
    assert len(found) == 40 and len(set(found)) == 15


def test_who_was_trained_before_a_newcomer_of_its_class_is_named(store: Store) -> None:
    for name, kind, recipe in (("Rex", "Dog", "quick"), ("Bo", "dog", "instant"), ("C", "", "q")):
        tokens(store, known(store, name, kind, 1), recipe)
    maeve, cup = known(store, "Maeve", "dog", 1), known(store, "Cup", "", 1)
    assert trained_before(store.memory, store.user, maeve) == ["Rex"]
    assert trained_before(store.memory, store.user, cup) == []
    tokens(store, store.memory.concepts.get(store.user, "Rex"), "quick")
    assert trained_before(store.memory, store.user, maeve) == []
