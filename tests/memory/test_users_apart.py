"""No user can see, change or load what is another one's."""

import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from memory import Memory, open_memory
from memory.database import Database
from memory.tables import FactRow
from omni_errors import InputError, NotFoundError
from tests.memory.conftest import TENSORS

Things = dict[str, str]


@pytest.fixture
def things(store: Memory, ana: str, rex: str) -> Things:
    talk = store.conversations.add(ana).id
    store.checkpoints.add(ana, rex, TENSORS, {})
    return {
        "concept": rex,
        "fact": store.facts.add(ana, rex, "Rex is old").id,
        "photo": store.photos.add(ana, rex, b"pixels").id,
        "talk": talk,
        "turn": store.turns.add(ana, talk, "hello", concepts=[rex]).id,
        "image": store.images.add(ana, b"picture", concepts=[rex]).id,
        "run": store.training_runs.start(ana, rex, {}).id,
    }


ATTEMPTS: dict[str, Callable[[Memory, str, Things], Any]] = {
    "get by id": lambda m, u, t: m.concepts.by_id(u, t["concept"]),
    "get by name": lambda m, u, t: m.concepts.get(u, "Rex"),
    "rename": lambda m, u, t: m.concepts.rename(u, "Rex", "Max"),
    "forget": lambda m, u, t: m.forget(u, "Rex"),
    "list facts": lambda m, u, t: m.facts.list(u, t["concept"]),
    "add fact": lambda m, u, t: m.facts.add(u, t["concept"], "mine"),
    "get fact": lambda m, u, t: m.facts.get(u, t["fact"]),
    "change fact": lambda m, u, t: m.facts.change(u, t["fact"], "mine"),
    "remove fact": lambda m, u, t: m.facts.remove(u, t["fact"]),
    "list photos": lambda m, u, t: m.photos.list(u, t["concept"]),
    "add photo": lambda m, u, t: m.photos.add(u, t["concept"], b"mine"),
    "read photo": lambda m, u, t: m.photos.read(u, t["photo"]),
    "remove photo": lambda m, u, t: m.photos.remove(u, t["photo"]),
    "list checkpoints": lambda m, u, t: m.checkpoints.list(u, t["concept"]),
    "active checkpoint": lambda m, u, t: m.checkpoints.active(u, t["concept"]),
    "load checkpoint": lambda m, u, t: m.checkpoints.read(u, t["concept"], 1),
    "activate checkpoint": lambda m, u, t: m.checkpoints.activate(u, t["concept"], 1),
    "add checkpoint": lambda m, u, t: m.checkpoints.add(u, t["concept"], TENSORS, {}),
    "get conversation": lambda m, u, t: m.conversations.get(u, t["talk"]),
    "remove conversation": lambda m, u, t: m.conversations.remove(u, t["talk"]),
    "list turns": lambda m, u, t: m.turns.list(u, t["talk"]),
    "last turns": lambda m, u, t: m.turns.last(u, t["talk"]),
    "get turn": lambda m, u, t: m.turns.get(u, t["turn"]),
    "add turn": lambda m, u, t: m.turns.add(u, t["talk"], "mine"),
    "link turn": lambda m, u, t: m.turns.add(
        u, m.conversations.add(u).id, "mine", concepts=[t["concept"]]
    ),
    "read image": lambda m, u, t: m.images.read(u, t["image"]),
    "lineage": lambda m, u, t: m.images.lineage(u, t["image"]),
    "edit image": lambda m, u, t: m.images.add(u, b"mine", parent=t["image"]),
    "image of a turn": lambda m, u, t: m.images.add(u, b"mine", turn=t["turn"]),
    "image of a concept": lambda m, u, t: m.images.add(u, b"mine", concepts=[t["concept"]]),
    "get run": lambda m, u, t: m.training_runs.get(u, t["run"]),
    "start run": lambda m, u, t: m.training_runs.start(u, t["concept"], {}),
    "finish run": lambda m, u, t: m.training_runs.finish(u, t["run"], "done"),
    "put vector": lambda m, u, t: m.index.put(u, "fact", t["fact"], [1.0]),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_another_user_finds_nothing(store: Memory, bo: str, things: Things, attempt: str) -> None:
    with pytest.raises(NotFoundError):
        ATTEMPTS[attempt](store, bo, things)


def test_lists_of_another_user_are_empty(store: Memory, bo: str, things: Things) -> None:
    assert store.concepts.list(bo) == ()
    assert store.concepts.summaries(bo) == ()
    assert store.images.list(bo) == store.images.list(bo, concept=things["concept"]) == ()
    assert store.conversations.list(bo) == ()


def test_the_database_itself_refuses_a_link_across_users(store: Memory, bo: str, rex: str) -> None:
    database = Database(store.folder)
    row = FactRow(user_id=bo, concept_id=rex, text="mine", source="user")
    with pytest.raises(InputError) as error, database.writing() as session:
        session.add(row)
    database.close()
    assert isinstance(error.value.__cause__, IntegrityError)


NAMES = st.sampled_from(["Rex", "rex", "Max", "..", "[b]", "ß", "SS"])
STEPS = st.tuples(st.sampled_from(["add", "fact", "rename", "forget"]), st.booleans(), NAMES, NAMES)


@settings(max_examples=15, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_whatever_they_do_users_stay_apart(steps: list[tuple[str, bool, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_memory(folder) as store:
        users = [store.users.add("Ana").id, store.users.add("Bo").id]
        for verb, second, name, other in steps:
            before = seen(store, users[not second])
            try:
                act(store, users[second], verb, name, other)
            except (InputError, NotFoundError):
                pass
            assert seen(store, users[not second]) == before


def act(store: Memory, user: str, verb: str, name: str, other: str) -> None:
    if verb == "add":
        store.concepts.add(user, name)
    elif verb == "fact":
        store.facts.add(user, store.concepts.get(user, name).id, f"{name} knows {other}")
    elif verb == "rename":
        store.concepts.rename(user, name, other)
    else:
        store.forget(user, name, images=True, mentions=True)


def seen(store: Memory, user: str) -> list[object]:
    concepts = store.concepts.list(user)
    assert all(concept.user_id == user for concept in concepts)
    return [(concept, store.facts.list(user, concept.id)) for concept in concepts]
