"""Slash commands: one registry, found by their beginnings, and never sent to the model."""

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from PIL import Image, ImageGrab

from assistant import Assistant
from backbone.home import find_home
from cli_room import Room
from cli_slash import COMMANDS, complete, find, perform
from memory.values import Turn
from omni_errors import InputError, NotFoundError, ResourceError, UsageError
from tests.front import FakeAssistant, FakeChat, Script

Out = pytest.CaptureFixture[str]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.png"
    Image.new("RGB", (32, 32), "tan").save(path)
    return path


@pytest.fixture
def room(picture: Path) -> Room:
    return Room(cast(Assistant, FakeAssistant(picture)), Script(), pictures="none")


def chat(room: Room) -> FakeChat:
    return cast(FakeChat, room.chat)


def script(room: Room) -> Script:
    return cast(Script, room.lines)


def test_every_command_has_one_word_and_says_what_it_does() -> None:
    names = [one.name for one in COMMANDS]
    assert len(set(names)) == len(names)
    assert all(one.name.isalpha() and one.about for one in COMMANDS)


def test_what_is_recalled_is_told_with_who_it_is_about(room: Room, capsys: Out) -> None:
    perform(room, "/recall what she fears")
    said = capsys.readouterr().out
    assert "0.75" in said and "Maeve" in said and "about what she fears" in said


def test_help_lists_every_command(room: Room, capsys: Out) -> None:
    perform(room, "/help")
    out = capsys.readouterr().out
    assert all(f"/{one.name}" in out for one in COMMANDS)


@pytest.mark.parametrize(("word", "name"), [("help", "help"), ("WHY", "why"), ("conc", "concepts")])
def test_a_beginning_is_enough(word: str, name: str) -> None:
    assert find(word).name == name


@pytest.mark.parametrize(
    ("word", "said"),
    [("hlep", "Did you mean /help?"), ("re", "/redo, /remember, /recall, /resume"), ("", "/help")],
)
def test_what_is_no_command_names_the_nearest(word: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(word)
    assert said in str(caught.value)


@pytest.mark.parametrize("line", ["/why", "/why full"])
def test_why_is_printed_as_it_is(room: Room, capsys: Out, line: str) -> None:
    perform(room, line)
    assert "[bold]She is old[/nope]" in capsys.readouterr().out


def test_why_knows_no_other_word(room: Room) -> None:
    with pytest.raises(UsageError, match="/why full"):
        perform(room, "/why not")


def test_a_seed_is_used_until_it_is_random_again(room: Room) -> None:
    perform(room, "/seed 7")
    perform(room, "/draw a dog")
    perform(room, "/seed random")
    perform(room, "/draw a dog")
    first, second = (seed for *_, seed in chat(room).sent)
    assert first == 7 and second not in (7, None)


@pytest.mark.parametrize("seed", ["-1", "dog", str(2**63)])
def test_what_is_no_seed_is_refused(room: Room, seed: str) -> None:
    with pytest.raises(UsageError):
        perform(room, f"/seed {seed}")


def test_redo_says_the_same_with_the_same_seed(room: Room) -> None:
    with pytest.raises(NotFoundError):
        perform(room, "/redo")
    perform(room, "/draw a dog")
    perform(room, "/redo")
    perform(room, "/again")
    seeds = [seed for *_, seed in chat(room).sent]
    assert seeds[0] == seeds[1] and seeds[2] not in (None, seeds[0])
    assert {said[0] for said in chat(room).sent} == {"a dog"}


def test_a_picture_that_is_stopped_tells_its_seed(room: Room, capsys: Out) -> None:
    perform(room, "/seed 7")
    with pytest.raises(KeyboardInterrupt):
        perform(room, "/draw Talk on")
    assert "Its seed was 7" in capsys.readouterr().err
    assert (room.last_seed, chat(room).stopped) == (7, True)


def test_an_edit_takes_the_attached_photo_or_the_last_picture(room: Room, picture: Path) -> None:
    with pytest.raises(UsageError, match="no picture"):
        perform(room, "/edit remove the dog")
    perform(room, f"/attach {picture}")
    perform(room, "/edit remove the dog")
    chat(room).last_image = picture
    perform(room, "/edit remove the tree")
    assert [said[1:3] for said in chat(room).sent] == [((picture,), "edit"), ((), "edit")]


def test_a_pattern_attaches_all_that_it_fits(room: Room, tmp_path: Path, capsys: Out) -> None:
    for name, colour in (("a.jpg", "tan"), ("b.jpg", "blue"), ("c d.jpg", "red")):
        Image.new("RGB", (32, 32), colour).save(tmp_path / name)
    (tmp_path / "bad.jpg").write_text("no picture")
    perform(room, f"/attach {tmp_path}/*.jpg")
    assert [path.name for path in room.attached] == ["a.jpg", "b.jpg", "c d.jpg"]
    assert f"Not read: {tmp_path / 'bad.jpg'}" in capsys.readouterr().err
    with pytest.raises(NotFoundError, match="No file fits"):
        perform(room, f"/attach {tmp_path}/*.webp")


def test_a_picture_is_saved_without_its_record_and_over_nothing(
    room: Room, picture: Path, tmp_path: Path
) -> None:
    from assistant.pictures import encode

    picture.write_bytes(encode(Image.new("RGB", (32, 32)), {"prompt": "secret"}))
    perform(room, "/draw a dog")
    perform(room, f"/image save {tmp_path / 'mine.png'}")
    with Image.open(tmp_path / "mine.png") as saved:
        assert "secret" not in str(saved.info)
    with pytest.raises(InputError, match="there already"):
        perform(room, f"/image save {tmp_path / 'mine.png'}")


def test_remembering_asks_and_obeys(room: Room) -> None:
    script(room).append("yes")
    perform(room, "/remember Maeve likes cheese")
    assert chat(room).sent[0][0] == "Remember that Maeve likes cheese"
    assert chat(room).answered == ["yes"]


@pytest.mark.parametrize(
    ("answers", "forgotten"),
    [
        (["yes", "yes", ""], [("Maeve", True, False)]),
        (["y", "no", "YES"], [("Maeve", False, True)]),
        (["yes", "", ""], [("Maeve", False, False)]),
        (["maybe"], []),
        (["yes", "yes", "^C"], []),
        ([], []),
    ],
)
def test_forgetting_asks_what_else_is_to_go(
    room: Room, answers: list[str], forgotten: list[tuple[str, bool, bool]]
) -> None:
    script(room).extend(answers)
    perform(room, "/forget Maeve")
    assert cast(FakeAssistant, room.assistant).concepts.forgotten == forgotten
    assert script(room) == []


def test_in_a_pipe_the_next_line_is_no_answer_to_what_else_may_go(room: Room) -> None:
    script(room).asks = False
    script(room).extend(["yes", "Who is this?"])
    perform(room, "/forget Maeve")
    assert cast(FakeAssistant, room.assistant).concepts.forgotten == [("Maeve", False, False)]
    assert script(room) == ["Who is this?"]


def test_the_last_thing_is_taken_back(room: Room, capsys: Out) -> None:
    with pytest.raises(NotFoundError):
        perform(room, "/undo")
    room.hear("Who is Rex?")
    perform(room, "/undo")
    assert "Taken back: Who is Rex?" in capsys.readouterr().err
    assert chat(room).sent == []


@pytest.mark.parametrize(("line", "shown"), [("/show", 3), ("/show 2", 2), ("/show 99", 5)])
def test_the_last_pictures_are_shown_again(
    room: Room, picture: Path, capsys: Out, line: str, shown: int
) -> None:
    chat(room).pictures = (picture,) * 5
    perform(room, line)
    assert capsys.readouterr().out.split() == [str(picture)] * shown


def test_a_picture_is_shown_by_its_path(room: Room, picture: Path, capsys: Out) -> None:
    perform(room, f"/show {picture}")
    assert capsys.readouterr().out.split() == [str(picture)]


def test_a_picture_in_the_clipboard_is_attached(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: Image.new("RGB", (40, 30), "tan"))
    perform(room, "/paste")
    assert [path.suffix for path in room.attached] == [".png"]
    assert "40×30" in capsys.readouterr().err
    assert room.attached[0].parent.stat().st_mode & 0o77 == 0
    assert room.attached[0].is_relative_to(find_home().state)


def test_files_in_the_clipboard_are_attached(
    room: Room, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: [str(picture)])
    perform(room, "/paste")
    assert room.attached == [picture]


def test_an_empty_clipboard_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageGrab, "grabclipboard", lambda: None)
    with pytest.raises(InputError, match="no picture in the clipboard"):
        perform(room, "/paste")


def test_a_clipboard_that_cannot_be_read_is_told(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable() -> None:
        raise NotImplementedError("wl-paste or xclip is required")

    monkeypatch.setattr(ImageGrab, "grabclipboard", unable)
    with pytest.raises(ResourceError, match="xclip is required"):
        perform(room, "/paste")


@pytest.mark.parametrize("line", ["/show 0", "/show me", "/show -1"])
def test_what_is_no_number_of_pictures_is_refused(room: Room, line: str) -> None:
    with pytest.raises(UsageError):
        perform(room, line)
    with pytest.raises(NotFoundError):
        perform(room, "/show")


def test_a_conversation_is_saved_over_nothing(room: Room, tmp_path: Path) -> None:
    given = ("t", "u", room.chat.conversation, 1, "understand", "Hi", "Hel")
    told = Turn(*given, {"interrupted": True}, (), datetime.now(UTC))
    cast(FakeAssistant, room.assistant).conversations.turns = (told,)
    perform(room, f"/save {tmp_path / 'talk.md'}")
    title, _, *said = (tmp_path / "talk.md").read_text().split("\n\n")
    assert (title, said) == ("# Hello", ["**You:** Hi", "Hel", "*(interrupted)*\n"])
    with pytest.raises(InputError, match="there already"):
        perform(room, f"/save {tmp_path / 'talk.md'}")


def test_settings_are_told_as_they_hold_here(
    room: Room, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNI_HISTORY", "false")
    perform(room, "/config")
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["model", "none", "this", "chat"] in rows
    assert ["history", "false", "environment"] in rows


def test_quit_leaves_and_new_begins_another_conversation(room: Room) -> None:
    before = room.chat.conversation
    perform(room, "/new")
    assert room.chat.conversation != before
    perform(room, "/quit")
    assert room.left


def test_completion_offers_commands_names_and_paths(room: Room, picture: Path) -> None:
    assert complete(room, "/re") == ["/redo", "/remember", "/recall", "/resume"]
    assert complete(room, "Where is @ma") == ["@Maeve"]
    assert complete(room, f"/attach {picture.parent}/dra") == [str(picture)]
    assert complete(room, "Where") == []
