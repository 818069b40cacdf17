"""What is typed in chats is each user's own, and goes with whom it names."""

from pathlib import Path

import pytest
from prompt_toolkit.history import FileHistory

from assistant import Assistant
from assistant.history import forget_lines, history_file, history_files
from memory.wording import matching
from omni_errors import InputError


def typed(file: Path, *lines: str) -> Path:
    """Keep lines as a chat does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for line in lines:
        FileHistory(str(file)).store_string(line)
    return file


def held(file: Path) -> list[str]:
    """Return the lines that a chat would offer, the last one first."""
    return list(FileHistory(str(file)).load_history_strings())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history"


def test_each_user_has_a_file_and_the_first_keeps_the_one_there_was(tmp_path: Path) -> None:
    files = [history_file(tmp_path, user) for user in ("me", "Ana", "../up", "小" * 60)]
    assert files[0] == tmp_path / "history" and len(set(files)) == 4
    assert all(file.parent == tmp_path and len(file.name) < 32 for file in files)
    assert history_file(tmp_path, "ANA") == files[1] and history_file(tmp_path, "Me") == files[0]


def test_who_can_be_no_user_has_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'<nobody>'"):
        history_file(tmp_path, "<nobody>")


def test_the_files_of_all_users_are_known(tmp_path: Path) -> None:
    files = {typed(history_file(tmp_path, user), "Hello") for user in ("me", "ana")}
    (tmp_path / "history.txt").touch()
    assert set(history_files(tmp_path)) == files


def test_what_was_typed_of_somebody_is_forgotten_with_them(file: Path) -> None:
    typed(file, "Who is Maeve?", "Hello", "draw\nMAEVE")
    assert forget_lines(file, matching(["Maeve"])) == 2
    assert held(file) == ["Hello"]


def test_what_was_typed_of_somebody_else_stays(file: Path) -> None:
    typed(file, "Tell me about Moss", "Where is Bo?", "Is Jo older than bo", "20 legs")
    assert forget_lines(file, matching(["Bo", "Jo"])) == 2
    assert forget_lines(file, matching(["20"])) == 1
    assert held(file) == ["Tell me about Moss"]


def test_forgetting_takes_the_lines_of_one_user_only(known: Assistant, ben: Assistant) -> None:
    for one in (known, ben):
        typed(one.history, "Who is Maeve?", "Hello")
    receipt = known.concepts.forget("Maeve")
    assert "Took 1 line that names it out of the history of chat." in receipt.notes
    assert (held(known.history), held(ben.history)) == (["Hello"], ["Hello", "Who is Maeve?"])


def test_lines_about_who_has_the_name_now_or_a_longer_one_stay(known: Assistant) -> None:
    known.concepts.rename("Maeve", "Quux")
    for name in ("Maeve", "Old Quux"):
        known.memory.concepts.add(known.user, name)
    typed(known.history, "Who is Maeve?", "Who is Old Quux?", "Who is Quux?")
    known.concepts.forget("Quux")
    assert held(known.history) == ["Who is Old Quux?", "Who is Maeve?"]
