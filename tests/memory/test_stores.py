"""What is put into each store comes back as a plain value."""

import dataclasses
from datetime import UTC
from typing import Any

import pytest

import memory
from memory import Memory
from omni_errors import InputError, NotFoundError, OmniError
from tests.memory.conftest import TENSORS


@pytest.fixture
def talk(store: Memory, ana: str) -> str:
    return store.conversations.add(ana, "About Rex").id


def test_everything_public_is_there_and_frozen() -> None:
    kinds = [getattr(memory, name) for name in memory.__all__]
    values = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    assert len(values) == len(kinds) - 2
    assert all(vars(kind)["__dataclass_params__"].frozen for kind in values)
    assert dir(memory) == sorted(memory.__all__)


def test_a_user_is_found_in_any_case(store: Memory, ana: str) -> None:
    assert store.users.ensure("ANA").id == store.users.get("ana").id == ana
    assert [user.name for user in store.users.list()] == ["Ana"]
    with pytest.raises(InputError, match="'Ana'"):
        store.users.add("aNa")


def test_a_fact_said_twice_is_one(store: Memory, ana: str, rex: str) -> None:
    first = store.facts.add(ana, rex, " Rex likes bananas ")
    assert store.facts.add(ana, rex, "Rex likes bananas", source="guess") == first
    store.facts.add(ana, rex, "Rex is brown")
    said = [fact.text for fact in store.facts.list(ana, rex)]
    assert said == ["Rex likes bananas", "Rex is brown"]


def test_a_changed_fact_loses_its_vector(store: Memory, ana: str, rex: str) -> None:
    fact = store.facts.add(ana, rex, "Rex is brown")
    store.index.put(ana, "fact", fact.id, [1, 2])
    changed = store.facts.change(ana, fact.id, "Rex is black")
    assert (changed.id, changed.text) == (fact.id, "Rex is black")
    assert store.index.get(ana, fact.id) is None


def test_a_removed_fact_is_gone(store: Memory, ana: str, rex: str) -> None:
    fact = store.facts.add(ana, rex, "Rex is brown")
    store.facts.remove(ana, fact.id)
    assert store.facts.list(ana, rex) == ()
    with pytest.raises(NotFoundError, match=fact.id):
        store.facts.get(ana, fact.id)


def test_a_photo_is_kept_once(store: Memory, ana: str, rex: str) -> None:
    first = store.photos.add(ana, rex, b"pixels", width=4, height=3)
    assert store.photos.add(ana, rex, b"pixels") == first
    assert store.photos.read(ana, first.id) == b"pixels"
    assert (first.size, first.width, first.purpose) == (6, 4, "train")


def test_photos_are_listed_by_purpose(store: Memory, ana: str, rex: str) -> None:
    store.photos.add(ana, rex, b"one")
    kept = store.photos.add(ana, rex, b"two", purpose="held-out")
    assert store.photos.list(ana, rex, purpose="held-out") == (kept,)
    with pytest.raises(InputError, match="held-out"):
        store.photos.add(ana, rex, b"three", purpose="fun")  # type: ignore[arg-type]


def test_a_new_checkpoint_is_active_and_knows_its_parent(store: Memory, ana: str, rex: str) -> None:
    store.checkpoints.add(ana, rex, TENSORS, {"backbone": "tiny"})
    second = store.checkpoints.add(ana, rex, TENSORS, {"loss": 0.5, "name": "Réx"})
    assert (second.version, second.parent, second.active) == (2, 1, True)
    assert store.checkpoints.sidecar(ana, rex, 2) == {"loss": 0.5, "name": "Réx"}
    assert store.checkpoints.read(ana, rex, 2) == TENSORS


def test_rolling_back_keeps_all_versions(store: Memory, ana: str, rex: str) -> None:
    for loss in (3, 2, 1):
        store.checkpoints.add(ana, rex, TENSORS, {"loss": loss})
    assert store.checkpoints.activate(ana, rex, 1).active
    assert [one.active for one in store.checkpoints.list(ana, rex)] == [True, False, False]
    assert store.checkpoints.add(ana, rex, TENSORS, {}, activate=False).parent == 1
    active = store.checkpoints.active(ana, rex)
    assert active is not None and active.version == 1


def test_an_unknown_version_is_told(store: Memory, ana: str, rex: str) -> None:
    assert store.checkpoints.active(ana, rex) is None
    store.checkpoints.add(ana, rex, TENSORS, {})
    with pytest.raises(NotFoundError, match="no version 7") as error:
        store.checkpoints.activate(ana, rex, 7)
    assert error.value.hint == "There are: 1."


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip file", TENSORS[:9], b"\xff" * 40])
def test_what_is_no_safetensors_is_refused(store: Memory, ana: str, rex: str, data: bytes) -> None:
    with pytest.raises(InputError, match="no safetensors"):
        store.checkpoints.add(ana, rex, data, {})
    assert store.checkpoints.list(ana, rex) == ()


@pytest.mark.parametrize("record", [{"loss": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_is_no_json_is_refused(
    store: Memory, ana: str, rex: str, record: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="JSON"):
        store.checkpoints.add(ana, rex, TENSORS, record)


def test_turns_are_numbered_and_keep_their_trace(
    store: Memory, ana: str, rex: str, talk: str
) -> None:
    trace = {"question": "Where?", "scores": [0.5], "none": None}
    store.turns.add(ana, talk, "hello", "hi")
    turn = store.turns.add(ana, talk, "draw Rex", intent="draw", trace=trace, concepts=[rex, rex])
    assert (turn.number, turn.trace, turn.concepts) == (2, trace, (rex,))
    assert store.turns.list(ana, talk)[1] == store.turns.get(ana, turn.id) == turn
    assert store.turns.last(ana, talk) == (turn,)


@pytest.mark.parametrize(
    ("said", "sought"),
    [("Où est Zoë?", "ZOË"), ("МАША спит", "маша"), ("Strasse", "straße"), ("Zoe\u0308", "Zoë")],
)
def test_turns_are_found_in_whatever_case(
    store: Memory, ana: str, talk: str, said: str, sought: str
) -> None:
    if not store._database.is_sqlite:
        pytest.skip("other databases fold letters in their own way")
    turn = store.turns.add(ana, talk, "hello", reply=said)
    store.turns.add(ana, talk, "100% of _")
    assert store.turns.recent(ana, 9, containing=sought) == (turn,)


def test_turns_are_found_by_signs_that_are_patterns_elsewhere(
    store: Memory, ana: str, talk: str
) -> None:
    for text in ("100% of it", "100 of it", "a_b", "a\\b"):
        store.turns.add(ana, talk, text)
    found = [store.turns.recent(ana, 9, containing=sign) for sign in ("%", "_", "\\", "b")]
    assert [[turn.text for turn in turns] for turns in found] == [
        ["100% of it"], ["a_b"], ["a\\b"], ["a\\b", "a_b"],
    ]  # fmt: skip


def test_the_conversation_last_talked_in_comes_first(store: Memory, ana: str, talk: str) -> None:
    later = store.conversations.add(ana, "About Maeve").id
    store.turns.add(ana, later, "hello")
    assert [one.id for one in store.conversations.list(ana)] == [later, talk]
    store.turns.add(ana, talk, "hello again")
    assert [one.id for one in store.conversations.list(ana)] == [talk, later]
    newest = store.conversations.add(ana, "Nothing yet").id
    assert [one.id for one in store.conversations.list(ana)] == [newest, talk, later]


def test_a_removed_conversation_takes_its_turns(store: Memory, ana: str, talk: str) -> None:
    turn = store.turns.add(ana, talk, "hello")
    store.conversations.rename(ana, talk, "Hello")
    assert store.conversations.get(ana, talk).title == "Hello"
    store.conversations.remove(ana, talk)
    assert store.conversations.list(ana) == ()
    with pytest.raises(NotFoundError):
        store.turns.get(ana, turn.id)


def test_an_image_knows_where_it_came_from(store: Memory, ana: str, rex: str, talk: str) -> None:
    turn = store.turns.add(ana, talk, "draw Rex")
    first = store.images.add(ana, b"one", prompt="Rex", turn=turn.id, concepts=[rex])
    second = store.images.add(ana, b"two", parent=first.id, record={"seed": 7})
    assert store.images.lineage(ana, second.id) == (second, first)
    assert store.images.list(ana) == (second, first)
    assert store.images.list(ana, turn=turn.id) == (first,)
    assert store.images.list(ana, concept=rex) == (second, first)
    assert store.images.read(ana, second.id) == b"two"


def test_an_image_outlives_what_it_was_made_from(
    store: Memory, ana: str, rex: str, talk: str
) -> None:
    turn = store.turns.add(ana, talk, "draw Rex")
    first = store.images.add(ana, b"one", turn=turn.id)
    second = store.images.add(ana, b"two", parent=first.id)
    store.turns.remove(ana, turn.id)
    assert store.images.get(ana, first.id).turn_id is None
    store.images.remove(ana, first.id)
    assert store.images.get(ana, second.id).parent_id is None


def test_a_training_run_ends_once(store: Memory, ana: str, rex: str) -> None:
    run = store.training_runs.start(ana, rex, {"steps": 100})
    assert (run.state, run.finished_at) == ("running", None)
    store.training_runs.report(ana, run.id, {"loss": 2.0, "step": 1})
    store.training_runs.report(ana, run.id, {"loss": 1.0})
    done = store.training_runs.finish(ana, run.id, "done", version=1)
    assert (done.metrics, done.version) == ({"loss": 1.0, "step": 1}, 1)
    assert done.finished_at is not None and done.finished_at.tzinfo is UTC
    with pytest.raises(InputError, match="done already"):
        store.training_runs.finish(ana, run.id, "failed")
    assert store.training_runs.list(ana, rex) == (store.training_runs.get(ana, run.id),)


def test_several_things_are_done_as_one(store: Memory, ana: str) -> None:
    with pytest.raises(OmniError), store.writing():
        rex = store.concepts.add(ana, "Rex").id
        store.facts.add(ana, rex, "Rex is old")
        store.facts.add(ana, rex, "")
    assert store.concepts.list(ana) == ()


@pytest.mark.parametrize("text", ["", " ", "x" * 2001, "a\x00b"])
def test_a_text_outside_the_bounds_is_refused(store: Memory, ana: str, rex: str, text: str) -> None:
    with pytest.raises(InputError, match="The fact"):
        store.facts.add(ana, rex, text)


def test_a_conversation_may_have_a_promised_id(store: Memory, ana: str) -> None:
    assert store.conversations.add(ana, "x", id="a" * 32).id == "a" * 32
    with pytest.raises(InputError, match="is no id"):
        store.conversations.add(ana, "x", id="../x")
    with pytest.raises(OmniError):
        store.conversations.add(ana, "x", id="a" * 32)


def test_an_image_is_given_to_the_first_turn_that_takes_it(
    store: Memory, ana: str, rex: str, talk: str
) -> None:
    image = store.images.add(ana, b"pixels").id
    first, second = (store.turns.add(ana, talk, "look").id for _ in range(2))
    assert store.images.assign(ana, image, first, [rex]).concepts == (rex,)
    kept = store.images.assign(ana, image, second)
    assert (kept.turn_id, kept.concepts) == (first, (rex,))


def test_photos_without_vectors_are_known(store: Memory, ana: str, rex: str) -> None:
    photos = [store.photos.add(ana, rex, bytes([n])).id for n in (1, 2)]
    assert store.index.missing(ana) == tuple(photos)
    store.index.put(ana, "photo", photos[0], [1.0, 0.5])
    assert store.index.missing(ana) == (photos[1],)
    assert store.index.photos(ana) == ((photos[0], rex, (1.0, 0.5)),)
