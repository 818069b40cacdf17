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
from omni_errors import FolderError, InputError, NotFoundError
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
    perform(room, "/model medium")
    assert str(room.assistant.model_name) == "medium"
    assert room.chat.assistant is room.assistant
    assert (room.chat.waiting, room.assistant.conversations.list()) == (None, ())


def test_another_model_goes_on_with_what_was_said(room: Room) -> None:
    memory, before = room.assistant.memory, room.assistant
    kept = memory.conversations.add(room.assistant.user, "Hello")
    memory.turns.add(room.assistant.user, kept.id, "Hello", "Hi.", trace={"route": "understand"})
    room.enter(kept.id)
    perform(room, "/model medium")
    assert room.assistant is not before and room.chat.why() == {"route": "understand"}


def test_another_model_keeps_the_question_that_waits(room: Room) -> None:
    room.enter(asked(room))
    perform(room, "/model medium")
    assert room.chat.waiting is not None
    assert room.assistant.conversations.list() == ()


def test_a_model_that_cannot_be_taken_leaves_the_chat_as_it_is(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (room.assistant, room.chat)
    with pytest.raises(NotFoundError, match="no model 'nope'"):
        perform(room, "/model nope")
    unable = Assistant(user="<nobody>", model="medium")
    monkeypatch.setattr(cli_room, "open_assistant", lambda user, model: unable)
    with pytest.raises(InputError):
        perform(room, "/model medium")
    assert (room.assistant, room.chat) == before and room.chat.waiting is None


@pytest.mark.parametrize("name", ["bagel", "omni-mini", "empty"])
def test_a_model_whose_files_are_not_here_is_refused_before_it_is_taken(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    before = (room.assistant, room.chat)
    with pytest.raises(FolderError):
        perform(room, f"/model {name}")
    assert (room.assistant, room.chat) == before


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


def edited_from(room: Room) -> list[bytes]:
    """Return the pixels of what each picture of the conversation was edited from."""
    memory, user = room.assistant.memory, room.assistant.user
    made = [image for image in memory.images.list(user)[::-1] if image.record]
    return [memory.images.read(user, str(image.parent_id)) for image in made if image.parent_id]


def test_an_edit_that_is_said_again_is_of_the_picture_that_was_edited_then(
    room: Room, photo: Path
) -> None:
    room.attach(photo)
    perform(room, "/seed 7")
    for line in ("/edit make it blue", "/redo", "/again", "/redo"):
        perform(room, line)
    assert len(before := edited_from(room)) == 4 and len(set(before)) == 1
    first, same, other, last = room.assistant.conversations.show(room.chat.conversation).turns
    seeds = [turn.trace["seed"] for turn in (first, same, other, last)]
    assert seeds[:2] == [7, 7] and seeds[2] == seeds[3] != 7
    assert same.trace["repeats"] == first.id


def test_what_went_on_from_a_picture_goes_on_from_the_same_one_again(room: Room) -> None:
    for line in ("draw Maeve at sea", "now in the snow"):
        room.hear(line)
    perform(room, "/redo")
    _, then, again = room.assistant.conversations.show(room.chat.conversation).turns
    assert then.intent in ("generate", "edit") and then.trace["given"]["last_request"]
    assert again.trace["given"] == then.trace["given"] | {"seed": then.trace["seed"]}
    assert again.trace["prompt"] == then.trace["prompt"]


def test_what_was_taken_back_is_said_anew(room: Room) -> None:
    room.hear("hello")
    for command in ("/undo", "/redo"):
        perform(room, command)
    (turn,) = room.assistant.conversations.show(room.chat.conversation).turns
    assert turn.text == "hello" and "repeats" not in turn.trace


def test_a_fact_that_is_said_again_is_asked_about_again(room: Room) -> None:
    script(room).extend(["no", "yes"])
    room.hear("Remember that Maeve is old")
    assert room.assistant.concepts.facts("Maeve") == ()
    perform(room, "/redo")
    assert [fact.text for fact in room.assistant.concepts.facts("Maeve")] == ["Maeve is old"]
    assert script(room) == []


def test_photos_stay_attached_when_a_turn_fails(room: Room, photo: Path) -> None:
    gone = photo.with_name("gone.png")
    paint(2).save(gone)
    for path in (photo, gone):
        room.attach(path)
    gone.unlink()
    with pytest.raises(NotFoundError, match=r"gone\.png"):
        room.hear("Who is this?")
    assert room.attached == [photo]
    room.hear("Who is this?")
    assert room.attached == [] and room.chat.why()["route"] == "recognise"
