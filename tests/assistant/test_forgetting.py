"""Forgetting reaches the files that pictures were saved as, or says why they stay."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from assistant import Assistant
from backbone.home import private_folder
from cli_image import strip_in_place
from omni_errors import CancelledError, InputError
from tests.assistant.work import SMALL


def write(file: Path, line: str) -> None:
    """Keep a line as a chat keeps it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"\n# 2026-11-26 12:00:00\n+{line}\n")


def test_pictures_that_were_kept_are_explained(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    receipt = known.concepts.forget("Maeve")
    found = {finding.path for finding in receipt.found}
    assert drawn.path in found and drawn.path.is_file()
    assert receipt.unexplained == ()


def test_a_picture_that_somebody_else_wrote_is_not_explained(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    copy = drawn.path.with_name("maeve-by-hand.png")
    copy.write_bytes(drawn.path.read_bytes() + b"changed")
    assert {one.path for one in known.concepts.forget("Maeve").unexplained} == {copy}


def test_a_picture_whose_turn_was_removed_goes_with_the_images(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    known.memory.turns.remove(known.user, drawn.turn)
    receipt = known.concepts.forget("Maeve", images=True, mentions=True)
    assert not drawn.path.exists() and receipt.removed["saved pictures"] == 1
    assert receipt.unexplained == ()


def test_a_picture_in_a_folder_named_from_here_goes_from_anywhere(
    known: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drawn = known.draw("Maeve at sea", seed=1, folder="pics").path.absolute()
    monkeypatch.chdir("/")
    assert drawn.is_file()
    assert known.concepts.forget("Maeve", images=True).removed["saved pictures"] == 1
    assert not drawn.exists()


@pytest.fixture
def renamed(known: Assistant) -> Assistant:
    """Give an assistant that knew Zorblatt, talked about it, and calls it Quux now."""
    known.concepts.rename("Maeve", "Zorblatt")
    known.ask("Where does Zorblatt sleep?")
    known.concepts.rename("Zorblatt", "Quux")
    return known


def holding(assistant: Assistant, text: bytes) -> set[str]:
    paths = [path for path in assistant.home.rglob("*") if path.is_file()]
    return {path.name for path in paths if text in path.read_bytes()}


def test_under_another_name_nothing_is_left_of_the_former_ones(renamed: Assistant) -> None:
    receipt = renamed.concepts.forget("Quux", mentions=True)
    assert receipt.found == () and set(receipt.other_names) == {"Maeve", "Zorblatt"}
    assert holding(renamed, b"Zorblatt") == set()
    assert [one.title for one in renamed.conversations.list()] == ["[forgotten]"]


def test_turns_that_were_kept_under_a_former_name_are_told_of(renamed: Assistant) -> None:
    receipt = renamed.concepts.forget("Quux")
    assert "Zorblatt" in {finding.text for finding in receipt.found}
    assert all("turns were kept" in finding.reason for finding in receipt.found)
    assert "memory.db" in holding(renamed, b"Zorblatt")


def test_where_no_renaming_was_kept_the_turns_tell_the_former_name(renamed: Assistant) -> None:
    with closing(sqlite3.connect(renamed.home / "memory.db")) as database, database:
        database.execute("UPDATE concept SET former_names = '[]'")
    assert renamed.concepts.forget("Quux", mentions=True).other_names == ("Zorblatt",)
    assert holding(renamed, b"Zorblatt") == set()


def test_a_run_that_waits_under_a_former_name_goes(known: Assistant) -> None:
    list(known.chat().send("remember that Maeve is three"))
    known.concepts.rename("Maeve", "Quux")
    receipt = known.concepts.forget("Quux")
    assert receipt.removed["runs that waited"] == 1 and receipt.found == ()


def test_a_photo_that_was_shown_with_a_question_that_waits_goes_too(
    known: Assistant, photos: Path
) -> None:
    before = len(list(known.memory.vault.list()))
    list(known.chat().send("remember that Maeve is three", [photos / "new-maeve.png"]))
    assert len(list(known.memory.vault.list())) == before + 1
    known.concepts.forget("Maeve", images=True, mentions=True)
    assert known.memory.images.list(known.user) == ()
    assert list(known.memory.vault.list()) == []


def test_a_run_that_waits_about_a_longer_name_stays(known: Assistant) -> None:
    known.memory.concepts.add(known.user, "Old Maeve")
    chat = known.chat()
    list(chat.send("remember that Old Maeve is three"))
    assert known.concepts.forget("Maeve").removed["runs that waited"] == 0
    assert chat.waiting is not None


@pytest.fixture
def one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have one folder for all but the cache, which lies in it, as Windows does."""
    place = tmp_path / "omni"
    kinds = dict.fromkeys(("user_config_path", "user_data_path", "user_state_path"), place)
    dirs = SimpleNamespace(**kinds, user_cache_path=place / "Cache")
    monkeypatch.setattr("platformdirs.PlatformDirs", lambda *_, **__: dirs)
    monkeypatch.delenv("OMNI_HOME")
    return place


def test_where_all_lies_in_one_folder_typed_lines_go_before_the_search(
    one_folder: Path, known: Assistant
) -> None:
    write(known.history, "Who is Maeve?")
    write(one_folder / "Cache" / "models" / "words.txt", "maeve")
    receipt = known.concepts.forget("Maeve")
    assert known.history.parent == one_folder and receipt.found == ()
    outside, apart, typed = receipt.notes
    assert "such as exported files" in outside and "1 line" in typed
    assert apart == f"Not searched: {one_folder / 'Cache' / 'models'}"


def test_where_all_lies_in_one_folder_lines_of_others_are_explained(
    one_folder: Path, known: Assistant, ben: Assistant
) -> None:
    write(ben.history, "Who is Maeve?")
    (found,) = known.concepts.forget("Maeve").found
    assert found.path == ben.history and "somebody else typed" in found.reason


def test_where_the_cache_lies_elsewhere_it_is_said_not_to_be_searched(known: Assistant) -> None:
    (note,) = known.concepts.forget("Maeve").notes
    assert "such as history, logs, caches, exported files" in note


def test_a_stripped_picture_whose_turn_was_removed_goes_with_the_images(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    strip_in_place(drawn.path)
    known.memory.turns.remove(known.user, drawn.turn)
    assert known.concepts.forget("Maeve", images=True).removed["saved pictures"] == 1
    assert not drawn.path.exists()


def test_who_is_being_learned_is_not_forgotten(known: Assistant) -> None:
    concept = known.memory.concepts.get(known.user, "Maeve").id
    folder = private_folder(known.home / "training" / concept)
    with FileLock(folder / "run.lock"), pytest.raises(InputError, match="another process"):
        known.concepts.forget("Maeve")
    known.concepts.forget("Maeve")
    assert not folder.exists()


def test_the_same_picture_of_somebody_else_stays(known: Assistant, ben: Assistant) -> None:
    mine, theirs = known.draw("Maeve at sea", seed=1), ben.draw("at sea", seed=1)
    theirs.path.write_bytes(mine.path.read_bytes())
    assert known.concepts.forget("Maeve", images=True).removed["saved pictures"] == 1
    assert theirs.path.is_file() and not mine.path.exists()


def test_what_is_no_picture_does_not_stop_forgetting(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    drawn.path.with_name("odd.png").write_bytes(drawn.path.read_bytes()[:50] + b"x" * 50)
    known.concepts.forget("Maeve", images=True)
    assert not drawn.path.exists()


def stop_training(assistant: Assistant, name: str) -> Path:
    """Stop a training of a concept after its first step; return its folder."""

    def stop(losses: object, steps: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(CancelledError):
        assistant.concepts.train(name, SMALL, on_step=stop)
    concept = assistant.memory.concepts.get(assistant.user, name)
    (described,) = (assistant.home / "training" / concept.id).glob("*/described.json")
    return described.parent


@pytest.fixture
def both(known: Assistant, photos: Path) -> Assistant:
    """Give an assistant that knows Maeve, and Rex with a photo of his own."""
    known.concepts.add([photos / "rex"], name="Rex", class_name="cat", facts=["He is old."])
    return known


@pytest.mark.parametrize("fact", ["Maeve and Rex are friends.", "Her toy is red."])
def test_a_fact_of_both_does_not_stay_in_a_stopped_training_of_the_other(
    both: Assistant, fact: str
) -> None:
    for name in ("Maeve", "Rex"):
        both.concepts.add_fact(name, fact)
    folder = stop_training(both, "Rex")
    receipt = both.concepts.forget("Maeve")
    assert receipt.removed["stopped trainings of others that were told of it"] == 1
    assert not folder.exists() and receipt.unexplained == ()


def test_a_stopped_training_that_was_told_nothing_of_it_is_left_alone(both: Assistant) -> None:
    folder = stop_training(both, "Rex")
    receipt = both.concepts.forget("Maeve")
    assert receipt.removed["stopped trainings of others that were told of it"] == 0
    assert (folder / "described.json").is_file()


def test_a_picture_that_cannot_be_removed_keeps_nothing_else(
    known: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (known.draw("Maeve at sea", seed=seed).path for seed in (1, 2))
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == first:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    receipt = known.concepts.forget("Maeve", images=True, mentions=True)
    assert f"Could not be removed: {first}" in receipt.notes and not second.exists()
    assert receipt.removed["saved pictures"] == 1 and receipt.unexplained == ()
    assert {one.path for one in receipt.found} == {first} and known.concepts.list() == ()
