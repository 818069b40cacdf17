"""Facts and turns have vectors of what they mean, and are found by them."""

from pathlib import Path

import pytest

from assistant import Assistant
from memory.vectors import Kind
from omni_errors import InputError

FACTS = ["She sleeps in a basket.", "Her toy is an excavator.", "Maeve hates thunder."]


@pytest.fixture
def told(known: Assistant) -> Assistant:
    """Give an assistant that was told more."""
    for fact in FACTS:
        known.concepts.add_fact("Maeve", fact)
    return known


def without(assistant: Assistant, kind: Kind) -> int:
    name = "tiny/words"
    return len(assistant.memory.index.missing(assistant.user, kind, embedder=name))


def test_facts_and_turns_get_their_vectors_as_they_are_kept(told: Assistant) -> None:
    told.ask("What does Maeve hate?")
    assert (without(told, "fact"), without(told, "turn")) == (0, 0)


def test_no_model_is_loaded_to_keep_a_fact(told: Assistant) -> None:
    again = Assistant(user="ana", model="tiny")
    again.concepts.add_fact("Maeve", "She can swim.")
    assert "backbone" not in again.__dict__
    assert without(again, "fact") == 1
    assert again.recall("swim")[0].text == "She can swim."
    again.close()


def test_the_fact_that_says_it_comes_first(told: Assistant) -> None:
    concept = told.concepts.show("Maeve").concept.id
    assert told.recollection.facts(concept, "the excavator", 2)[0] == FACTS[1]
    assert told.recollection.facts(concept, "thunder", 1) == [FACTS[2]]


def test_turns_of_other_conversations_are_recalled(told: Assistant) -> None:
    said = told.ask("Does Maeve chase pigeons?")
    told.ask("Where is the harbour?")
    found = [one for one in told.recall("chase pigeons", 9) if one.kind == "turn"]
    assert (found[0].id, found[0].about) == (said.turn, ("Maeve",))
    assert found[0].conversation == said.conversation


def test_who_is_named_is_what_it_is_about(told: Assistant, photos: Path) -> None:
    told.concepts.add(
        [photos / "rex"], name="Rex", class_name="dog", facts=["He sleeps in a basket."]
    )
    assert {one.about for one in told.recall("a basket", 9) if one.kind == "fact"} == {
        ("Maeve",),
        ("Rex",),
    }
    assert {one.about for one in told.recall("the basket of Rex", 9)} == {("Rex",)}


def test_what_is_found_is_the_users_own(told: Assistant, ben: Assistant) -> None:
    assert ben.recall("thunder") == ()


def test_nothing_is_recalled_of_a_name_alone(told: Assistant) -> None:
    assert told.recall("Maeve") == ()
    with pytest.raises(InputError, match="0 neighbours"):
        told.recall("thunder", 0)


def test_what_is_forgotten_is_not_recalled(told: Assistant) -> None:
    told.ask("Does Maeve hate thunder?")
    told.concepts.forget("Maeve", mentions=True)
    assert told.recall("thunder", 9) == ()


def test_vectors_of_facts_and_turns_outlive_the_index(told: Assistant) -> None:
    told.ask("Does Maeve chase pigeons?")
    before = [one.id for one in told.recall("pigeons", 9)]
    told.memory.index.rebuild()
    assert told.memory.index.differences() == 0
    assert [one.id for one in told.recall("pigeons", 9)] == before


def test_a_fact_that_two_share_is_recalled_once(told: Assistant, photos: Path) -> None:
    told.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    for name in ("Maeve", "Rex"):
        told.concepts.add_fact(name, "Maeve and Rex are siblings")
    found = [one for one in told.recall("siblings", 9) if "siblings" in one.text]
    assert [sorted(one.about) for one in found] == [["Maeve", "Rex"]]
