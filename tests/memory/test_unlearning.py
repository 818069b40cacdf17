"""Versions that learned a fact go with it, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest

from memory import Memory
from memory.facts import fact_digest
from tests.memory.conftest import TENSORS

RED, HAY = "Her toy is red.", "She likes hay."


def trained(*facts: str, **more: Any) -> dict[str, Any]:
    """Return the sidecar of tokens that learned facts."""
    digests = [fact_digest(fact) for fact in facts]
    return {"recipe": {"steps": 6}, "backbone": "tiny", "facts": digests, **more}


def tell(store: Memory, ana: str, rex: str, *facts: str) -> list[str]:
    return [store.facts.add(ana, rex, fact).id for fact in facts]


def test_what_learned_it_goes_and_what_did_not_stays(store: Memory, ana: str, rex: str) -> None:
    red, _ = tell(store, ana, rex, RED, HAY)
    for record in ({"recipe": "instant"}, trained(RED, HAY), trained(HAY)):
        store.checkpoints.add(ana, rex, TENSORS, record)
    lost = store.remove_fact(ana, red)
    assert (lost.versions, lost.was_active, lost.active) == ((2,), False, 3)
    assert [one.version for one in store.checkpoints.list(ana, rex)] == [1, 3]


def test_the_newest_that_was_in_use_takes_its_place(store: Memory, ana: str, rex: str) -> None:
    red, _ = tell(store, ana, rex, RED, HAY)
    first = {"recipe": "instant", "backbone": "tiny"}
    for record in (first, trained(HAY), trained(HAY, active=False), trained(RED)):
        store.checkpoints.add(ana, rex, TENSORS, record)
    assert store.remove_fact(ana, red).active == 2


def test_versions_of_another_model_are_not_fallen_back_to(
    store: Memory, ana: str, rex: str
) -> None:
    (red,) = tell(store, ana, rex, RED)
    for record in (
        {"recipe": "instant", "backbone": "tiny"},
        trained(backbone="medium"),
        trained(RED),
    ):
        store.checkpoints.add(ana, rex, TENSORS, record)
    assert store.remove_fact(ana, red).active == 1


def test_those_made_of_a_removed_version_descend_from_its_parent(
    store: Memory, ana: str, rex: str
) -> None:
    (red,) = tell(store, ana, rex, RED)
    for record in ({"recipe": "instant"}, trained(RED), {"recipe": "instant"}):
        store.checkpoints.add(ana, rex, TENSORS, record)
    store.remove_fact(ana, red)
    assert [one.parent for one in store.checkpoints.list(ana, rex)] == [None, 1]


@pytest.mark.parametrize("facts", [None, 5, "all"])
def test_tokens_that_do_not_say_what_they_learned_go(
    store: Memory, ana: str, rex: str, facts: object
) -> None:
    (red,) = tell(store, ana, rex, RED)
    store.checkpoints.add(ana, rex, TENSORS, {"recipe": {}, "facts": facts})
    lost = store.remove_fact(ana, red)
    assert (lost.versions, lost.active) == ((1,), None)


def test_the_same_fact_told_twice_is_still_told(store: Memory, ana: str, rex: str) -> None:
    red, other = tell(store, ana, rex, RED, HAY)
    store.checkpoints.add(ana, rex, TENSORS, trained(RED))
    assert store.change_fact(ana, other, RED)[1].versions == ()
    assert store.remove_fact(ana, red).versions == ()


def test_the_number_of_a_removed_version_is_not_given_again(
    store: Memory, ana: str, rex: str
) -> None:
    (red,) = tell(store, ana, rex, RED)
    store.checkpoints.add(ana, rex, TENSORS, {"recipe": "instant"})
    run = store.training_runs.start(ana, rex, {})
    made = store.checkpoints.add(ana, rex, TENSORS, trained(RED))
    store.training_runs.finish(ana, run.id, "done", version=made.version)
    store.remove_fact(ana, red)
    assert store.checkpoints.add(ana, rex, TENSORS, trained()).version == 3


def test_no_file_is_left_that_forgetting_would_find(store: Memory, ana: str, rex: str) -> None:
    (red,) = tell(store, ana, rex, RED)
    store.checkpoints.add(ana, rex, TENSORS, trained(RED, concept="Rex"))
    store.remove_fact(ana, red)
    assert store.sweep().files == 0
    assert store.forget(ana, "Rex").unexplained == ()


def test_forgetting_takes_the_tokens_of_others_that_learned_of_it(
    store: Memory, ana: str, rex: str
) -> None:
    told = "Rex and Maeve are friends."
    maeve = store.concepts.add(ana, "Maeve").id
    for concept in (rex, maeve):
        store.facts.add(ana, concept, told)
    store.checkpoints.add(ana, maeve, TENSORS, trained(told))
    receipt = store.forget(ana, "Rex")
    assert receipt.removed["tokens of others that had learned it"] == 1
    assert store.checkpoints.list(ana, maeve) == ()


def test_what_was_learned_is_still_known_after_a_journey(
    store: Memory, ana: str, bo: str, rex: str, tmp_path: Path
) -> None:
    tell(store, ana, rex, RED, HAY)
    for record in ({"recipe": "instant"}, trained(HAY), trained(RED, HAY)):
        store.checkpoints.add(ana, rex, TENSORS, record)
    there = store.import_(bo, store.export(ana, "rex", tmp_path / "rex.zip")).id
    red = next(fact.id for fact in store.facts.list(bo, there) if fact.text == RED)
    assert store.remove_fact(bo, red).versions == (3,)
    assert [one.version for one in store.checkpoints.list(bo, there)] == [1, 2]


def test_versions_that_saw_a_removed_photo_go_and_its_file_too(
    store: Memory, ana: str, rex: str
) -> None:
    one, two = (store.photos.add(ana, rex, data) for data in (b"one", b"two"))
    for seen in ([one.sha256, two.sha256], [two.sha256]):
        store.checkpoints.add(ana, rex, TENSORS, trained(photos=seen))
    store.checkpoints.add(ana, rex, TENSORS, {"recipe": "instant", "photos": [two.sha256]})
    lost = store.remove_photo(ana, one.id)
    assert (lost.versions, lost.active) == ((1,), 3)
    assert store.vault.has(two.sha256) and not store.vault.has(one.sha256)


def test_what_says_nothing_of_its_photos_may_have_seen_any(
    store: Memory, ana: str, rex: str
) -> None:
    photo = store.photos.add(ana, rex, b"one")
    store.checkpoints.add(ana, rex, TENSORS, trained())
    assert store.remove_photo(ana, photo.id).versions == (1,)
