"""The index finds what is near, and is never more than a copy of SQL."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from memory import Memory, index, open_memory
from memory.unused import blank_unused
from omni_errors import InputError

VECTORS = {"bananas": [1.0, 0.0, 0.0], "apples": [0.9, 0.1, 0.0], "rain": [0.0, 0.0, 5.0]}


@pytest.fixture
def facts(store: Memory, ana: str, rex: str) -> dict[str, str]:
    found = {name: store.facts.add(ana, rex, name).id for name in VECTORS}
    for name, vector in VECTORS.items():
        store.index.put(ana, "fact", found[name], vector)
    return found


def near(store: Memory, user: str, k: int = 3, concept: str | None = None) -> list[str]:
    return [one.id for one in store.index.nearest("fact", [2, 0, 0], user, k, concept)]


def test_the_nearest_come_first_with_their_cosine(
    store: Memory, ana: str, facts: dict[str, str]
) -> None:
    found = store.index.nearest("fact", [2, 0, 0], ana, 3)
    assert [one.id for one in found] == [facts[name] for name in VECTORS]
    assert [one.similarity for one in found] == pytest.approx([1, 0.9 / 0.82**0.5, 0], abs=1e-5)
    assert near(store, ana, k=1) == [facts["bananas"]]


def test_only_a_users_own_are_found(
    store: Memory, ana: str, bo: str, facts: dict[str, str]
) -> None:
    assert near(store, bo) == []
    theirs = store.facts.add(bo, store.concepts.add(bo, "Rex").id, "bananas")
    store.index.put(bo, "fact", theirs.id, [1, 0, 0])
    assert near(store, bo) == [theirs.id]
    assert theirs.id not in near(store, ana)


def test_many_of_another_user_do_not_crowd_out_a_users_own(
    store: Memory, ana: str, bo: str, facts: dict[str, str]
) -> None:
    other = store.concepts.add(bo, "Rex").id
    with store.writing():
        for number in range(50):
            fact = store.facts.add(bo, other, f"{number} bananas")
            store.index.put(bo, "fact", fact.id, [1, 0, 0])
    assert near(store, ana, k=3) == [facts[name] for name in VECTORS]
    assert len(near(store, bo, k=60)) == 50


def test_what_the_index_loses_is_compared_one_by_one(
    store: Memory, ana: str, rex: str, facts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.index.nearest("fact", [2, 1, 0], ana, 2, rex)
    monkeypatch.setattr(index, "_ask", lambda *_: [])
    found = store.index.nearest("fact", [2, 1, 0], ana, 2, rex)
    assert [one.id for one in found] == [one.id for one in before]
    assert [one.similarity for one in found] == pytest.approx([one.similarity for one in before])


def test_a_concept_narrows_it(store: Memory, ana: str, rex: str, facts: dict[str, str]) -> None:
    other = store.concepts.add(ana, "Max").id
    fact = store.facts.add(ana, other, "pears")
    store.index.put(ana, "fact", fact.id, [1, 0, 0])
    assert near(store, ana, concept=other) == [fact.id]
    assert fact.id not in near(store, ana, concept=rex)


def test_a_turn_is_found_by_each_of_its_concepts(store: Memory, ana: str, rex: str) -> None:
    other, talk = store.concepts.add(ana, "Max").id, store.conversations.add(ana).id
    turn = store.turns.add(ana, talk, "both", concepts=[rex, other])
    plain = store.turns.add(ana, talk, "none")
    for one in (turn, plain):
        store.index.put(ana, "turn", one.id, [1, 1])
    for concept in (rex, other):
        assert [one.id for one in store.index.nearest("turn", [1, 1], ana, 5, concept)] == [turn.id]
    assert len(store.index.nearest("turn", [1, 1], ana, 5)) == 2


def test_what_is_removed_or_replaced_in_sql_follows(
    store: Memory, ana: str, facts: dict[str, str]
) -> None:
    assert near(store, ana)[0] == facts["bananas"]
    store.index.put(ana, "fact", facts["bananas"], [0, 1, 0])
    assert near(store, ana)[0] == facts["apples"]
    store.facts.remove(ana, facts["apples"])
    assert facts["apples"] not in near(store, ana)
    assert store.index.sync() == 2


def test_a_lost_index_is_built_again(store: Memory, ana: str, facts: dict[str, str]) -> None:
    before = near(store, ana)
    store.index.close()
    shutil.rmtree(store.index.folder)
    assert near(store, ana) == before


@pytest.mark.parametrize("name", ["chroma.sqlite3", "state.json"])
def test_a_damaged_index_is_built_again(
    store: Memory, ana: str, facts: dict[str, str], name: str
) -> None:
    before = near(store, ana)
    store.index.close()
    for path in store.index.folder.rglob(name):
        path.write_bytes(b"no longer what it was" * 400)
    assert near(store, ana) == before


def test_nothing_of_the_memory_of_the_program_is_left_in_its_files(
    store: Memory, ana: str, facts: dict[str, str]
) -> None:
    near(store, ana)
    path = next(store.index.folder.rglob("length.bin"))
    path.write_bytes(b"Bartholomew" * 9 + bytes(301))
    assert near(store, ana) == [facts[name] for name in VECTORS]
    assert path.read_bytes() == bytes(400)


def test_blanking_keeps_the_vectors_that_are_written(tmp_path: Path) -> None:
    header = struct.pack("<iQQQQ", 1, 0, 4, 2, 8)
    (tmp_path / "header.bin").write_bytes(header)
    (tmp_path / "data_level0.bin").write_bytes(b"12345678abcdefgh" + b"secret".ljust(16, b"\0"))
    (tmp_path / "length.bin").write_bytes(b"1234abcd" + b"\1" * 8)
    blank_unused(tmp_path)
    assert (tmp_path / "data_level0.bin").read_bytes() == b"12345678abcdefgh" + bytes(16)
    assert (tmp_path / "length.bin").read_bytes() == b"1234abcd" + bytes(8)


def test_files_of_an_unknown_version_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "header.bin").write_bytes(struct.pack("<iQQQQ", 2, 0, 4, 0, 8))
    (tmp_path / "length.bin").write_bytes(b"what")
    blank_unused(tmp_path)
    assert (tmp_path / "length.bin").read_bytes() == b"what"


def test_a_rebuilt_index_holds_every_vector(store: Memory, ana: str, facts: dict[str, str]) -> None:
    before, old = near(store, ana), set(store.index.folder.iterdir())
    assert store.index.rebuild() == 3
    assert near(store, ana) == before
    assert {path for path in old if path.is_dir()}.isdisjoint(store.index.folder.iterdir())


def test_what_another_process_added_is_found(
    store: Memory, ana: str, rex: str, facts: dict[str, str]
) -> None:
    assert len(near(store, ana, k=9)) == 3
    code = f"""
from memory import open_memory
with open_memory({str(store.folder)!r}) as store:
    fact = store.facts.add({ana!r}, {rex!r}, "more")
    store.index.put({ana!r}, "fact", fact.id, [1, 0, 0])
    assert len(store.index.nearest("fact", [2, 0, 0], {ana!r}, 9)) == 4
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(near(store, ana, k=9)) == 4


def test_two_stores_of_one_process_share_it(store: Memory, ana: str, facts: dict[str, str]) -> None:
    with open_memory(store.folder) as second:
        assert near(second, ana) == near(store, ana)
        second.facts.remove(ana, facts["rain"])
        assert len(near(second, ana)) == len(near(store, ana)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="open files are listed on Linux only")
def test_a_folder_another_store_erased_is_let_go(
    store: Memory, ana: str, facts: dict[str, str]
) -> None:
    with open_memory(store.folder) as second:
        before = near(second, ana)
        store.index.rebuild()
        assert near(second, ana) == before
        handles = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        opened = [os.readlink(path) for path in handles if path.is_symlink()]
        assert not [path for path in opened if "(deleted)" in path and str(store.folder) in path]


def test_models_are_never_mixed(store: Memory, ana: str, facts: dict[str, str]) -> None:
    store.index.put(ana, "fact", facts["rain"], [1, 0], embedder="other model: v2")
    found = store.index.nearest("fact", [1, 0], ana, 5, embedder="other model: v2")
    assert [one.id for one in found] == [facts["rain"]]
    assert store.index.nearest("fact", [1, 0, 0], ana, 5, embedder="unused") == ()
    assert set(store.index.all_of(ana, facts["rain"])) == {"default", "other model: v2"}


def test_another_length_is_refused(store: Memory, ana: str, facts: dict[str, str]) -> None:
    with pytest.raises(InputError, match="2 numbers; .* have 3"):
        store.index.put(ana, "fact", facts["rain"], [1, 0])
    with pytest.raises(InputError, match="2 numbers; .* have 3"):
        store.index.nearest("fact", [1, 0], ana, 1)


@pytest.mark.parametrize("vector", [[], [0, 0], [float("nan"), 1], [1e300, 1], ["a"], [[1, 2]]])
def test_what_has_no_direction_is_refused(store: Memory, ana: str, vector: list[float]) -> None:
    with pytest.raises(InputError, match="vector"):
        store.index.nearest("fact", vector, ana, 1)


def test_a_strange_question_is_refused(store: Memory, ana: str) -> None:
    with pytest.raises(InputError, match="'cat'"):
        store.index.nearest("cat", [1], ana, 1)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="0 neighbours"):
        store.index.nearest("fact", [1], ana, 0)


def test_no_env_file_of_the_current_folder_is_read(
    store: Memory, ana: str, facts: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CHROMA_API_IMPL=nonsense\nALLOW_RESET=TRUE\n")
    monkeypatch.chdir(tmp_path)
    assert len(near(store, ana)) == 3
