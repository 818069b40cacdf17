"""A chat goes on: on another model, in another conversation, and with a question that waits."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

import cli_room
from assistant import Assistant
from cli_output import Manner, set_manner
from cli_room import Room
from cli_slash import perform
from omni_errors import InputError, NotFoundError
from tests.assistant.conftest import paint
from tests.front import Script

Out = pytest.CaptureFixture[str]


@pytest.fixture
def room() -> Iterator[Room]:
    """Give a room with a real assistant, who knows one concept."""
    assistant = Assistant(model="tiny")
    assistant.memory.concepts.add(assistant.user, "Maeve", "dog")
    made = Room(assistant, Script(), pictures="none")
    yield made
    made.assistant.close()


def script(room: Room) -> Script:
    return cast(Script, room.lines)


def asked(room: Room) -> str:
    """Leave a conversation whose first turn waits for an answer; return its id."""
    script(room).append("^C")
    room.hear("Remember that Maeve is old")
    waiting = room.chat.conversation
    perform(room, "/new")
    return waiting


def test_another_model_is_taken_before_anything_was_said(room: Room) -> None:
    perform(room, "/model omni-mini")
    assert str(room.assistant.model_name) == "omni-mini"
    assert room.chat.assistant is room.assistant
    assert (room.chat.waiting, room.assistant.conversations.list()) == (None, ())


def test_another_model_goes_on_with_what_was_said(room: Room) -> None:
    memory, before = room.assistant.memory, room.assistant
    kept = memory.conversations.add(room.assistant.user, "Hello")
    memory.turns.add(room.assistant.user, kept.id, "Hello", "Hi.", trace={"route": "understand"})
    room.enter(kept.id)
    perform(room, "/model omni-mini")
    assert room.assistant is not before and room.chat.why() == {"route": "understand"}


def test_another_model_keeps_the_question_that_waits(room: Room) -> None:
    room.enter(asked(room))
    perform(room, "/model omni-mini")
    assert room.chat.waiting is not None
    assert room.assistant.conversations.list() == ()


def test_a_model_that_cannot_be_taken_leaves_the_chat_as_it_is(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (room.assistant, room.chat)
    with pytest.raises(NotFoundError, match="no model 'nope'"):
        perform(room, "/model nope")
    unable = Assistant(user="<nobody>", model="omni-mini")
    monkeypatch.setattr(cli_room, "open_assistant", lambda user, model: unable)
    with pytest.raises(InputError):
        perform(room, "/model omni-mini")
    assert (room.assistant, room.chat) == before and room.chat.waiting is None


def test_a_question_that_waits_is_asked_where_its_conversation_is_resumed(
    room: Room, capsys: Out
) -> None:
    waiting = asked(room)
    script(room).append("yes")
    capsys.readouterr()
    perform(room, f"/resume {waiting}")
    assert "Maeve is old" in capsys.readouterr().out
    assert [fact.text for fact in room.assistant.concepts.facts("Maeve")] == ["Maeve is old"]


def test_a_command_at_a_question_is_obeyed_and_no_answer(room: Room) -> None:
    script(room).append("/quit")
    room.hear("Remember that Maeve is old")
    assert room.left and room.chat.waiting is not None
    assert room.assistant.concepts.facts("Maeve") == ()


def test_after_a_command_the_question_is_asked_again(room: Room, capsys: Out) -> None:
    for said in ("/concepts", "yes"):
        script(room).append(said)
    room.hear("Remember that Maeve is old")
    assert capsys.readouterr().out.count("Maeve is old") >= 2
    assert [fact.text for fact in room.assistant.concepts.facts("Maeve")] == ["Maeve is old"]


def test_at_a_question_a_slip_in_a_command_is_told_and_it_is_asked_again(room: Room) -> None:
    for said in ("/hlep", "yes"):
        script(room).append(said)
    room.hear("Remember that Maeve is old")
    assert [fact.text for fact in room.assistant.concepts.facts("Maeve")] == ["Maeve is old"]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Write a photo whose path has a space in it."""
    paint(1).save(path := tmp_path / "my dog.png")
    return path


@pytest.mark.parametrize("form", ["'{}'", "file://{url}", "{escaped}"])
def test_a_photo_that_is_asked_for_may_be_dropped(
    room: Room, photo: Path, capsys: Out, form: str
) -> None:
    path = str(photo)
    url, escaped = path.replace(" ", "%20"), path.replace(" ", "\\ ")
    script(room).append(form.format(path, url=url, escaped=escaped))
    room.say("make it blue", wanted="edit")
    assert capsys.readouterr().out.rstrip().endswith(".png")
    assert room.chat.why()["route"] == "edit"


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    room: Room, photo: Path, capsys: Out
) -> None:
    script(room).extend(["nothing.png", str(photo)])
    room.say("make it blue", wanted="edit")
    assert "omni: " in capsys.readouterr().err
    assert room.chat.why()["route"] == "edit" and script(room) == []


def test_in_a_pipe_an_answer_that_cannot_be_used_is_an_error(room: Room, photo: Path) -> None:
    script(room).asks = False
    script(room).extend(["nothing.png", "Hello"])
    with pytest.raises(NotFoundError, match="nothing.png"):
        room.say("make it blue", wanted="edit")
    assert script(room) == ["Hello"]


def test_what_was_said_last_is_told_only_to_somebody_who_sits_there(
    room: Room, capsys: Out
) -> None:
    memory, user = room.assistant.memory, room.assistant.user
    kept = memory.conversations.add(user, "Hello")
    memory.turns.add(user, kept.id, "Hello", "Hi.")
    perform(room, f"/resume {kept.id[-8:]}")
    script(room).asks = False
    perform(room, f"/resume {kept.id[-8:]}")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("> Hello\nHi.\n", "Going on with: Hello\n" * 2)


def test_a_conversation_that_is_not_there_is_not_taken_up(room: Room) -> None:
    before = room.chat
    with pytest.raises(NotFoundError, match="no conversation 'abc'.*omni log conversations"):
        perform(room, "/resume abc")
    assert room.chat is before


def test_a_quiet_chat_still_asks_before_it_forgets(room: Room, capsys: Out) -> None:
    set_manner(Manner(quiet=True))
    try:
        perform(room, "/forget Maeve")
    finally:
        set_manner(Manner())
    assert capsys.readouterr().err == "Forget Maeve and its 0 photos for good?\n"
    assert len(room.assistant.concepts.list()) == 1
