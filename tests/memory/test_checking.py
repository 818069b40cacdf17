"""A sound store is called sound, and each kind of damage by its name."""

from pathlib import Path

import pytest

from memory import Memory, open_memory
from memory.checking import check


@pytest.fixture
def kept(tmp_path: Path) -> Memory:
    """Give a store with a photo, its vector, and an index that was asked once."""
    memory = open_memory(tmp_path / "store")
    user = memory.users.ensure("ana").id
    concept = memory.concepts.add(user, "Maeve", "dog")
    photo = memory.photos.add(user, concept.id, b"pixels")
    memory.index.put(user, "photo", photo.id, [1.0, 0.0])
    memory.index.nearest("photo", [1.0, 0.0], user, 1)
    return memory


def test_a_sound_store_has_nothing_against_it(kept: Memory) -> None:
    health = check(kept)
    assert (health.database, health.missing, health.damaged, health.left_over) == ((),) * 4
    assert (health.differing, health.index) == (0, "")


def test_each_kind_of_damage_is_named(kept: Memory) -> None:
    (sha256,) = kept.vault.list()
    stray = kept.vault.put(b"nobody's")
    kept.vault.path(sha256).write_bytes(b"other pixels")
    assert check(kept).damaged == (sha256,)
    kept.vault.remove(sha256)
    health = check(kept)
    assert (health.missing, health.left_over) == ((sha256,), (stray,))


def test_what_the_index_lacks_is_counted_until_it_is_brought_up_to_date(kept: Memory) -> None:
    user = kept.users.ensure("ana").id
    concept = kept.concepts.get(user, "Maeve")
    kept.facts.add(user, concept.id, "She is old.")
    (fact,) = kept.facts.of_user(user)
    kept.index.put(user, "fact", fact.id, [0.0, 1.0])
    assert check(kept).differing == 1
    kept.index.sync()
    assert check(kept).differing == 0


def test_an_index_that_was_never_asked_is_no_damage(tmp_path: Path) -> None:
    with open_memory(tmp_path / "store") as memory:
        assert check(memory).differing is None


def test_a_database_whose_pages_are_overwritten_is_not_called_sound(tmp_path: Path) -> None:
    with open_memory(tmp_path / "store") as memory:
        user = memory.users.ensure("ana").id
        for number in range(200):
            memory.concepts.add(user, f"concept {number}", "dog")
        memory._database.vacuum()
    file = tmp_path / "store" / "memory.db"
    data = bytearray(file.read_bytes())
    data[-8192:] = b"\xff" * 8192
    file.write_bytes(data)
    with open_memory(tmp_path / "store") as memory:
        assert check(memory).database
