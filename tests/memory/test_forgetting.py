"""Forgetting removes every byte, and the receipt tells the truth."""

import sqlite3
from array import array
from pathlib import Path

import pytest

from memory import Memory, Receipt, database, open_memory
from memory.vault import Vault
from omni_errors import NotFoundError
from tests.memory.conftest import TENSORS

NAME, FACT = "Bartholomew", "is afraid of vacuum cleaners"


@pytest.fixture
def known(store: Memory, ana: str) -> str:
    concept = store.concepts.add(ana, NAME, "dog").id
    fact = store.facts.add(ana, concept, f'{NAME} "Barty" {FACT}')
    photo = store.photos.add(ana, concept, b"pixels of a dog")
    store.checkpoints.add(ana, concept, TENSORS, {"concept": NAME})
    store.training_runs.start(ana, concept, {"name": NAME})
    store.index.put(ana, "fact", fact.id, [1, 2, 3])
    store.index.put(ana, "photo", photo.id, [3, 2, 1])
    store.index.nearest("fact", [1, 2, 3], ana, 1)
    return concept


@pytest.fixture
def talk(store: Memory, ana: str, known: str) -> str:
    talk = store.conversations.add(ana, f"About {NAME}").id
    turn = store.turns.add(
        ana, talk, f"Where is {NAME.upper()}'s ball?", "There.", trace={"asked": NAME}
    )
    linked = store.turns.add(ana, talk, "And he?", "Sleeps.", concepts=[known])
    store.turns.add(ana, talk, "It rains.", "Yes.")
    store.index.put(ana, "turn", linked.id, [1, 1])
    first = store.images.add(ana, b"drawn", prompt=NAME, turn=turn.id, concepts=[known])
    store.images.add(ana, b"edited", parent=first.id, record={"said": NAME})
    store.images.add(ana, b"other", prompt="rain")
    return talk


def holding_bytes(folder: Path, data: bytes) -> list[str]:
    """Search without the code under test."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in paths if data.lower() in path.read_bytes().lower()]


def holding(folder: Path, text: str) -> list[str]:
    return holding_bytes(folder, text.lower().encode())


def test_forgetting_everything_leaves_no_byte(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    assert holding(store.folder, NAME) and holding(store.folder, FACT)
    receipt = store.forget(ana, NAME.lower(), images=True, mentions=True)
    assert receipt.found == ()
    for text in (NAME, FACT, known, "pixels of a dog"):
        assert holding(store.folder, text) == []


def test_the_receipt_counts_what_went_and_what_was_searched(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    receipt = store.forget(ana, NAME, images=True, mentions=True)
    removed = dict(receipt.removed)
    assert [removed[kind] for kind in ("facts", "photos", "checkpoints", "images")] == [1, 1, 1, 2]
    assert (removed["turns marked"], removed["files"]) == (2, 5)
    assert dict(receipt.looked_for) == {"name": 1, "fact": 1, "photo": 1}
    assert receipt.files_searched >= 3 and receipt.bytes_searched > 4096
    assert any("outside the data folder" in note for note in receipt.notes)


def test_turns_keep_a_mark_and_what_is_not_about_it(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    store.forget(ana, NAME, mentions=True)
    said = [turn.text for turn in store.turns.list(ana, talk)]
    assert said == ["[forgotten]", "[forgotten]", "It rains."]
    assert store.conversations.get(ana, talk).title == "[forgotten]"
    assert [image.prompt for image in store.images.list(ana)] == ["rain", "[forgotten]"] + [
        "[forgotten]"
    ]


def test_a_title_of_a_turn_that_is_first_by_now_goes_with_it(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    first, second, *_ = store.turns.list(ana, talk)
    store.turns.remove(ana, first.id)
    store.conversations.rename(ana, talk, second.text[:3])
    store.forget(ana, NAME, mentions=True)
    assert store.conversations.get(ana, talk).title == "[forgotten]"


def test_what_was_kept_is_found_and_explained(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    receipt = store.forget(ana, NAME)
    assert {finding.kind for finding in receipt.found} == {"name"}
    assert "turns were kept" in receipt.found[0].reason
    assert "image was kept" in receipt.found[0].reason
    assert receipt.unexplained == ()
    assert len(store.images.list(ana)) == 3


def test_a_copy_nobody_knows_of_is_found_unexplained(store: Memory, ana: str, known: str) -> None:
    (store.folder / "notes.txt").write_text(f"my dog {NAME.upper()}")
    (finding,) = store.forget(ana, NAME).unexplained
    assert (finding.kind, finding.path.name, finding.times) == ("name", "notes.txt", 1)


def test_what_another_user_shares_stays_and_is_explained(
    store: Memory, ana: str, bo: str, known: str
) -> None:
    other = store.concepts.add(bo, NAME).id
    photo = store.photos.add(bo, other, b"pixels of a dog")
    fact = store.facts.add(bo, other, f'{NAME} "Barty" {FACT}')
    receipt = store.forget(ana, NAME)
    assert {finding.kind for finding in receipt.found} == {"name", "fact", "photo"}
    assert receipt.unexplained == ()
    assert store.photos.read(bo, photo.id) == b"pixels of a dog"
    assert store.facts.list(bo, other) == (fact,)


VECTOR = [0.123456, 0.654321, 0.111111]


@pytest.fixture
def indexed(store: Memory, ana: str, rex: str) -> bytes:
    """Return how the bytes of a vector look that is in SQL and in the index."""
    fact = store.facts.add(ana, rex, "Rex is old")
    store.index.put(ana, "fact", fact.id, VECTOR)
    store.index.nearest("fact", [1, 2, 3], ana, 1)
    marked = array("f", VECTOR).tobytes()
    assert len(holding_bytes(store.folder, marked)) >= 2
    return marked


def test_vectors_are_no_longer_in_any_file(store: Memory, ana: str, indexed: bytes) -> None:
    store.forget(ana, "Rex")
    assert holding_bytes(store.folder, indexed) == []


def test_stopping_halfway_leaves_no_index_that_remembers(
    store: Memory, ana: str, indexed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vault, "remove", lambda *_: pytest.fail("the power went"))
    store.photos.add(ana, store.concepts.get(ana, "Rex").id, b"pixels")
    with pytest.raises(pytest.fail.Exception, match="power"):
        store.forget(ana, "Rex")
    assert holding_bytes(store.index.folder, indexed) == []
    monkeypatch.undo()
    assert (store.concepts.list(ana), store.sweep().files) == ((), 1)


def test_others_are_still_found_afterwards(store: Memory, ana: str, known: str, rex: str) -> None:
    fact = store.facts.add(ana, rex, "Rex is old")
    store.index.put(ana, "fact", fact.id, [1, 2, 3])
    store.forget(ana, NAME)
    assert [one.id for one in store.index.nearest("fact", [1, 2, 3], ana, 5)] == [fact.id]


def test_what_two_share_goes_with_either(store: Memory, ana: str, known: str, rex: str) -> None:
    shared, alike = f"{NAME} and Rex are brothers", "likes fish"
    for concept in (known, rex):
        store.facts.add(ana, concept, shared)
        store.facts.add(ana, concept, alike)
    receipt = store.forget(ana, NAME)
    assert receipt.removed["facts of others that were about it too"] == 1
    assert [fact.text for fact in store.facts.list(ana, rex)] == [alike]
    assert not holding(store.folder, shared)


def test_backups_that_hold_it_go(store: Memory, ana: str, known: str) -> None:
    kept = store.folder / "backups"
    kept.mkdir()
    (kept / "1.db").write_bytes((store.folder / "memory.db-wal").read_bytes())
    (kept / "2.db").write_bytes(b"before any of it")
    assert store.forget(ana, NAME).removed["backups"] == 1
    assert [path.name for path in kept.iterdir()] == ["2.db"]


@pytest.mark.parametrize("name", ["小白", "Zoë", "[bold]", 'a"b', "index", "a\\b"])
def test_odd_names_leave_nothing_unexplained(store: Memory, ana: str, name: str) -> None:
    concept, talk = store.concepts.add(ana, name).id, store.conversations.add(ana).id
    store.facts.add(ana, concept, f"我的{name}很大")
    store.turns.add(ana, talk, f"我的{name}很大", trace={"asked": name})
    receipt = store.forget(ana, name, mentions=True)
    assert receipt.unexplained == ()
    assert store.turns.list(ana, talk)[0].text == "[forgotten]"


def test_a_former_name_goes_with_the_present_one(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    store.concepts.rename(ana, NAME, "Max")
    receipt = store.forget(ana, "Max", images=True, mentions=True)
    assert (receipt.other_names, receipt.looked_for["name"]) == ((NAME,), 2)
    assert receipt.found == ()
    assert holding(store.folder, NAME) == []


def test_a_former_name_that_was_kept_is_found_and_explained(
    store: Memory, ana: str, known: str, talk: str
) -> None:
    store.concepts.rename(ana, NAME, "Max")
    receipt = store.forget(ana, "Max")
    found = [finding for finding in receipt.found if finding.text == NAME]
    assert found and receipt.unexplained == ()
    assert all("turns were kept" in f.reason and "title was kept" in f.reason for f in found)


@pytest.mark.parametrize("url", ["sqlite:///{}/elsewhere/omni.db", "sqlite://"])
def test_what_another_database_keeps_is_found_as_well(tmp_path: Path, url: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    with open_memory(tmp_path / "data", url.format(tmp_path)) as other:
        ana = other.users.add("Ana").id
        other.concepts.add(ana, NAME)
        other.conversations.add(ana, f"About {NAME}")
        (found,) = other.forget(ana, NAME).found
    assert (found.path.name, found.reason) in {
        ("omni.db", "a title was kept"),
        ("the database", "a title was kept"),
    }


def test_another_name_is_looked_for_when_told(store: Memory, ana: str, rex: str) -> None:
    talk = store.conversations.add(ana).id
    store.turns.add(ana, talk, "Good old Rexi")
    receipt = store.forget(ana, "Rex", mentions=True, also=["Rexi"])
    assert receipt.other_names == ("Rexi",) and receipt.found == ()
    assert store.turns.list(ana, talk)[0].text == "[forgotten]"


def test_what_is_said_of_who_has_the_former_name_now_is_kept(
    store: Memory, ana: str, known: str
) -> None:
    store.concepts.rename(ana, NAME, "Max")
    store.facts.add(ana, store.concepts.add(ana, NAME).id, f"{NAME} is new")
    talk = store.conversations.add(ana, NAME).id
    store.turns.add(ana, talk, f"Who is {NAME}?")
    receipt = store.forget(ana, "Max", mentions=True)
    assert store.turns.list(ana, talk)[0].text == f"Who is {NAME}?"
    assert len(store.facts.list(ana, store.concepts.get(ana, NAME).id)) == 1
    assert "another concept has it in its name" in receipt.found[0].reason


def said_after_forgetting(store: Memory, user: str, name: str, *texts: str) -> list[str]:
    """Say texts, forget somebody with all mentions, and return what is left of the texts."""
    talk = store.conversations.add(user).id
    for text in texts:
        store.turns.add(user, talk, text, trace={"prompt": f"Before:\n{text}"})
    receipt = store.forget(user, name, mentions=True)
    assert receipt.unexplained == ()
    return [turn.text for turn in store.turns.list(user, talk)]


def test_what_is_said_of_a_longer_name_is_kept(store: Memory, ana: str) -> None:
    for name in ("Bob", "Uncle Bob"):
        store.concepts.add(ana, name)
    said = said_after_forgetting(store, ana, "Bob", "Uncle Bob is old", "Bob is not Uncle Bob")
    assert said == ["Uncle Bob is old", "[forgotten]"]


def test_what_is_said_of_a_longer_name_that_others_had_is_kept(store: Memory, ana: str) -> None:
    for name in ("Bob", "Uncle Bob"):
        store.concepts.add(ana, name)
    store.concepts.rename(ana, "Uncle Bob", "Robert")
    assert said_after_forgetting(store, ana, "Bob", "Uncle Bob?", "Bob?") == [
        "Uncle Bob?",
        "[forgotten]",
    ]


def test_what_is_said_of_a_name_with_other_letters_is_kept(store: Memory, ana: str) -> None:
    store.concepts.add(ana, "Ana")
    said = said_after_forgetting(store, ana, "Ana", "Anaïs is old", "Where is ana?")
    assert said == ["Anaïs is old", "[forgotten]"]


def test_folders_that_stand_apart_are_not_searched_and_told(
    store: Memory, ana: str, known: str
) -> None:
    (weights := store.folder / "models").mkdir()
    (weights / "words.txt").write_text(NAME)
    receipt = store.forget(ana, NAME, apart=[weights, store.folder.parent / "no"], outside=["logs"])
    assert receipt.found == () and receipt.notes[-1] == f"Not searched: {weights}"
    assert "such as logs, exported files" in receipt.notes[0]


def test_a_name_that_was_written_with_parted_accents_is_found(store: Memory, ana: str) -> None:
    store.concepts.add(ana, "José")
    (store.folder / "notes.txt").write_text("Jose\u0301 is old")
    assert [one.path.name for one in store.forget(ana, "José").found] == ["notes.txt"]


def test_a_title_that_breaks_off_within_the_name_goes_with_its_turn(
    store: Memory, ana: str, known: str
) -> None:
    talk = store.conversations.add(ana, f"Where is {NAME[:6]}").id
    store.turns.add(ana, talk, f"Where is {NAME}?")
    store.forget(ana, NAME, mentions=True)
    assert store.conversations.get(ana, talk).title == "[forgotten]"


def test_a_reader_that_hinders_it_is_told(
    store: Memory, ana: str, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_VACUUM_PATIENCE", 50)
    reader = sqlite3.connect(store.folder / "memory.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM concept").fetchall()
    receipt = store.forget(ana, NAME)
    reader.close()
    assert "old pages" in receipt.notes[0]
    assert {finding.path.name for finding in receipt.found} <= {"memory.db", "memory.db-wal"}
    assert receipt.unexplained


def test_unknown_names_forget_nothing(store: Memory, ana: str, known: str) -> None:
    with pytest.raises(NotFoundError, match="'Nobody'"):
        store.forget(ana, "Nobody", images=True, mentions=True)
    assert len(store.facts.list(ana, known)) == 1


def test_a_receipt_is_a_plain_value(store: Memory, ana: str, rex: str) -> None:
    receipt = store.forget(ana, "Rex")
    assert isinstance(receipt, Receipt) and receipt.concept == "Rex"
    assert store.concepts.add(ana, "Rex").id != rex
