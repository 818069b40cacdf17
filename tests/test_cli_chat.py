"""The chat: what is typed, what is stopped, and what a pipe gets."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

import cli
import cli_chat
import cli_lines
from assistant import Assistant
from cli_chat import _Loop
from cli_room import Room
from memory.values import Turn
from tests.front import FakeAssistant, FakeChat, Script

Out = pytest.CaptureFixture[str]


@pytest.fixture
def assistant(tmp_path: Path) -> FakeAssistant:
    path = tmp_path / "drawn.png"
    Image.new("RGB", (32, 32), "tan").save(path)
    return FakeAssistant(path)


def talk(assistant: FakeAssistant, *lines: str) -> tuple[FakeChat, Script]:
    """Type lines into a chat, and return it with the lines that were left."""
    script = Script(lines)
    room = Room(cast(Assistant, assistant), script, pictures="none")
    assert _Loop(room).run() == 0
    return cast(FakeChat, room.chat), script


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, assistant: FakeAssistant) -> Any:
    """Run `omni chat` on lines of stdin; return the exit code."""

    def run(text: str, *arguments: str) -> int:
        monkeypatch.setattr(cli_chat, "open_assistant", lambda user, model: assistant)
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return cli.run(["chat", *arguments])

    return run


def test_words_are_streamed_and_end_their_line(assistant: FakeAssistant, capsys: Out) -> None:
    talk(assistant, "Hello [bold]\x1b[31m")
    assert capsys.readouterr().out == "You said Hello [bold]\ufffd[31m\n"


def test_ctrl_c_stops_a_turn_and_once_more_leaves(assistant: FakeAssistant, capsys: Out) -> None:
    chat, left = talk(assistant, "Talk on", "^C", "never said")
    assert (chat.stopped, left) == (True, ["never said"])
    out, err = capsys.readouterr()
    assert out == "and on\n" and "Stopped." in err


def test_a_picture_that_a_sentence_asked_for_tells_its_seed_when_stopped(
    assistant: FakeAssistant, capsys: Out
) -> None:
    chat, _ = talk(assistant, "Paint on", "/redo")
    assert "Its seed was 31; /redo begins it again." in capsys.readouterr().err
    assert [said[3] for said in chat.sent] == [None, 31]


def test_a_reply_that_was_broken_off_is_marked_on_resume(
    assistant: FakeAssistant, capsys: Out
) -> None:
    room = Room(cast(Assistant, assistant), Script(), pictures="none")
    given = ("t", "u", room.chat.conversation, 1, "understand", "Hi", "Hel")
    when = datetime.now(UTC)
    cut, whole = (Turn(*given, trace, (), when) for trace in ({"interrupted": True}, {}))
    assistant.conversations.turns = (cut, whole)
    room.retell()
    said = capsys.readouterr()
    assert (said.out, said.err) == ("> Hi\nHel\n> Hi\nHel\n", "[interrupted]\n")


def test_ctrl_c_at_an_empty_prompt_leaves_at_the_second(assistant: FakeAssistant) -> None:
    chat, left = talk(assistant, "^C", "still here", "^C", "^C", "never said")
    assert [said[0] for said in chat.sent] == ["still here"]
    assert left == ["never said"]


def test_a_photo_in_the_line_is_sent_with_the_words(assistant: FakeAssistant) -> None:
    chat, _ = talk(assistant, str(assistant.picture), "Who is this?", "And now?")
    assert [said[:2] for said in chat.sent] == [
        ("Who is this?", (assistant.picture,)),
        ("And now?", ()),
    ]


def test_a_file_that_is_no_photo_is_refused_and_the_chat_goes_on(
    assistant: FakeAssistant, tmp_path: Path, capsys: Out
) -> None:
    (tmp_path / "fake.png").write_text("no picture")
    chat, _ = talk(assistant, str(tmp_path / "fake.png"), "Hello")
    assert "omni: " in capsys.readouterr().err
    assert chat.sent[0][:2] == ("Hello", ())


@pytest.mark.parametrize("command", ["/attach {}", "/show {}", "/image save {}"])
def test_a_command_with_a_photo_is_never_said_to_the_model(
    assistant: FakeAssistant, command: str, capsys: Out
) -> None:
    chat, _ = talk(assistant, command.format(assistant.picture))
    assert chat.sent == [] and "Hello" not in capsys.readouterr().out


def test_a_photo_that_a_command_attached_is_sent_with_the_next_words(
    assistant: FakeAssistant,
) -> None:
    chat, _ = talk(assistant, f"/attach {assistant.picture}", "Who is this?")
    assert chat.sent[0][:2] == ("Who is this?", (assistant.picture,))


def test_a_photo_in_an_edit_is_what_is_edited(assistant: FakeAssistant) -> None:
    chat, _ = talk(assistant, f"/edit make it blue {assistant.picture}")
    assert chat.sent[0][:3] == ("make it blue", (assistant.picture,), "edit")


def test_an_edit_without_words_is_refused(assistant: FakeAssistant, capsys: Out) -> None:
    chat, _ = talk(assistant, f"/edit {assistant.picture}")
    assert chat.sent == [] and "There is no text" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["x" * 300, "nothing.png", "fake.png"])
@pytest.mark.parametrize("command", ["/show", "/attach"])
def test_what_is_no_photo_is_told_and_the_chat_goes_on(
    assistant: FakeAssistant, tmp_path: Path, capsys: Out, command: str, word: str
) -> None:
    (tmp_path / "fake.png").write_text("no picture")
    chat, _ = talk(assistant, f"{command} {tmp_path / word}", "Hello")
    assert "omni: " in capsys.readouterr().err
    assert [said[0] for said in chat.sent] == ["Hello"]


@pytest.mark.parametrize(
    "line",
    ["a\\b" * 200, "file://[bad/x.png", "~nosuchuser/x.png", "/attach ~nosuchuser/x.png",
     "/attach .", "/image save " + "x" * 300, "/seed " + "9" * 5000, "/show " + "9" * 5000],
)  # fmt: skip
def test_no_line_ends_a_chat(assistant: FakeAssistant, line: str) -> None:
    chat, left = talk(assistant, line, "Hello")
    assert chat.sent[-1][0] == "Hello" and left == []


def test_an_unknown_command_is_not_said_to_the_model(assistant: FakeAssistant, capsys: Out) -> None:
    chat, _ = talk(assistant, "/hlep")
    assert chat.sent == []
    assert "Did you mean /help?" in capsys.readouterr().err


def test_a_question_that_nobody_answers_changes_nothing(
    assistant: FakeAssistant, capsys: Out
) -> None:
    chat, _ = talk(assistant, "Remember that she is old", "^C", "Hello")
    assert chat.answered == []
    assert "nothing was done" in capsys.readouterr().err


def test_a_pipe_gets_answers_and_pictures_as_plain_lines(
    pipe: Any, assistant: FakeAssistant, capsys: Out
) -> None:
    assert pipe("Hello\nDraw a dog\nRemember that she is old\nyes\n") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "You said Hello",
        str(assistant.picture),
        "Shall I keep: Remember that she is old?",
        "Kept.",
    ]
    assert err == "Seed 12.\n"
    assert assistant.closed


def test_a_pipe_ends_with_the_code_of_its_first_error(pipe: Any, capsys: Out) -> None:
    assert pipe("/nope\nHello\n") == 2
    assert capsys.readouterr().out == "You said Hello\n"


def test_there_must_be_something_to_go_on_with(pipe: Any, capsys: Out) -> None:
    assert pipe("", "--continue") == 3
    assert pipe("", "--continue", "--id", "abc") == 2


def test_it_goes_on_with_the_conversation_that_was_last_talked_in(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    assistant = Assistant()
    memory, user = assistant.memory, assistant.user
    first, second = (memory.conversations.add(user, title) for title in ("toys", "beds"))
    for one in (second, first):
        memory.turns.add(user, one.id, "Hello")
    assistant.close()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.run(["chat", "-c"]) == 0
    assert "Going on with: toys" in capsys.readouterr().err


def test_several_lines_between_quotes_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('"""one\ntwo\n"""\nthree\n'))
    lines = cli_lines.Piped()
    assert [lines.read(), lines.read()] == ["one\ntwo", "three"]
    with pytest.raises(EOFError):
        lines.read()


@pytest.mark.parametrize("kept", ["true", "false"])
def test_a_chat_keeps_lines_in_its_user_s_own_file(
    monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    given: list[Path | None] = []

    def opened(complete: object, history: Path | None) -> Script:
        given.append(history)
        return Script()

    monkeypatch.setenv("OMNI_HISTORY", kept)
    monkeypatch.setattr(cli_chat, "open_lines", opened)
    monkeypatch.setattr(cli_chat, "_warm", lambda assistant: None)
    for user in ("me", "bob"):
        assert cli.run(["chat", "--user", user]) == 0
    files = [Assistant(user).history for user in ("me", "bob")]
    assert given == (files if kept == "true" else [None, None]) and files[0] != files[1]
