"""Turns and pictures from the command line, and turns that are run again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import cli
from assistant import Assistant
from assistant.pictures import encode
from cli_log import compared

Out = pytest.CaptureFixture[str]


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    """Give two conversations of three turns, and a picture that was edited."""
    made = Assistant(model="none")
    memory, user = made.memory, made.user
    first, second = (memory.conversations.add(user, title) for title in ("toys", "beds"))
    memory.turns.add(user, first.id, "Where is [bold]?", "Here.", intent="understand")
    turn = memory.turns.add(user, second.id, "Draw a bed", "[picture, seed 3]", intent="generate")
    data = encode(Image.new("RGB", (8, 8)), {})
    parent = memory.images.add(user, data, width=8, height=8)
    memory.images.add(
        user, data, prompt="a bed", record={"seed": 3}, parent=parent.id, turn=turn.id
    )
    memory.turns.add(user, first.id, "And now?", "There.", trace={"facts": ["She is old."]})
    yield made
    made.close()


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("assistant")
def test_turns_of_all_conversations_come_in_order(capsys: Out) -> None:
    turns = run(capsys, "log", "list")["turns"]
    assert [turn["text"] for turn in turns] == ["Where is [bold]?", "Draw a bed", "And now?"]
    assert [turn["text"] for turn in run(capsys, "log", "list", "-n", "1")["turns"]] == ["And now?"]
    assert len(run(capsys, "log", "list", "-q", "BED")["turns"]) == 1
    assert len(run(capsys, "log", "list", "--id", turns[0]["conversation"])["turns"]) == 2
    assert cli.run(["log"]) == 0
    assert "Where is [bold]?" in capsys.readouterr().out


@pytest.mark.usefixtures("assistant")
def test_turns_are_searched(capsys: Out) -> None:
    found = run(capsys, "log", "search", "HERE")["turns"]
    assert [turn["text"] for turn in found] == ["Where is [bold]?", "And now?"]
    assert len(run(capsys, "log", "search", "here", "-n", "1")["turns"]) == 1
    assert cli.run(["log", "search", "[/nope]"]) == 0
    assert "No turn says '[/nope]'." in capsys.readouterr().err
    assert cli.run(["log", "search", " "]) == 2


@pytest.mark.usefixtures("assistant")
def test_conversations_are_exported_oldest_first(capsys: Out, tmp_path: Path) -> None:
    assert cli.run(["log", "export"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [one["title"] for one in data["conversations"]] == ["toys", "beds"]
    toys = data["conversations"][0]
    assert [turn["text"] for turn in toys["turns"]] == ["Where is [bold]?", "And now?"]
    assert "trace" not in toys["turns"][1]
    one = run(capsys, "log", "export", "--id", toys["id"][-8:], "--trace")["conversations"]
    assert [turn["trace"] for turn in one[0]["turns"]][1] == {"facts": ["She is old."]}


@pytest.mark.usefixtures("assistant")
def test_an_exported_file_is_new_and_its_user_s_alone(capsys: Out, tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    assert run(capsys, "log", "export", str(file)) == {"path": str(file), "conversations": 2}
    assert len(json.loads(file.read_text("utf8"))["conversations"]) == 2
    assert file.stat().st_mode & 0o077 == 0
    assert cli.run(["log", "export", str(file)]) == 2


def test_the_path_of_the_log_is_that_of_the_memory(assistant: Assistant, capsys: Out) -> None:
    path = run(capsys, "log", "path")["path"]
    assert Path(path).is_file() and Path(path).parent == assistant.home


@pytest.mark.usefixtures("assistant")
def test_a_turn_is_shown_by_the_end_of_its_id_with_what_it_rested_on(capsys: Out) -> None:
    last = run(capsys, "log", "show", "last")
    assert (last["text"], last["trace"]) == ("And now?", {"facts": ["She is old."]})
    assert run(capsys, "log", "show", last["id"][-8:]) == last
    assert cli.run(["log", "show", "last"]) == 0
    assert "She is old." in capsys.readouterr().out


@pytest.mark.usefixtures("assistant")
def test_a_picture_is_followed_to_what_it_was_made_from(capsys: Out) -> None:
    made = run(capsys, "log", "pictures")["pictures"][-1]
    assert (made["seed"], made["prompt"]) == (3, "a bed")
    chain = run(capsys, "log", "pictures", made["id"][-8:])["pictures"]
    assert [one["id"] for one in chain] == [made["id"], made["parent"]]


@pytest.mark.usefixtures("assistant")
def test_removing_asks_first(capsys: Out) -> None:
    assert cli.run(["log", "remove", "last"]) == 4
    capsys.readouterr()
    assert len(run(capsys, "log", "remove", "last", "--yes")["removed"]) == 1
    assert len(run(capsys, "log", "list")["turns"]) == 2


@pytest.mark.usefixtures("assistant")
def test_words_are_looked_for_in_one_conversation_as_in_all(capsys: Out) -> None:
    toys = run(capsys, "log", "list", "-n", "1")["turns"][0]["conversation"]
    within = ["log", "list", "--id", toys[-8:]]
    for words, said in (("HERE", ["Where is [bold]?", "And now?"]), ("now", ["And now?"])):
        found = run(capsys, *within, "-q", words)["turns"]
        assert [turn["text"] for turn in found] == said
    assert [one["text"] for one in run(capsys, *within, "-n", "1")["turns"]] == ["And now?"]
    assert cli.run([*within, "-q", "bed"]) == 0
    assert "No turn says 'bed'." in capsys.readouterr().err


@pytest.mark.usefixtures("assistant")
def test_a_turn_that_is_named_twice_is_removed_once(capsys: Out) -> None:
    last = run(capsys, "log", "show", "last")["id"]
    removed = run(capsys, "log", "remove", "last", last, "last", "--yes")
    assert removed == {"removed": [last], "conversations_removed": []}
    assert len(run(capsys, "log", "list")["turns"]) == 2


@pytest.mark.usefixtures("assistant")
def test_a_conversation_goes_with_its_only_turn(capsys: Out) -> None:
    bed = run(capsys, "log", "list", "-q", "bed")["turns"][0]
    removed = run(capsys, "log", "remove", bed["id"], "--yes")
    assert removed["conversations_removed"] == [bed["conversation"]]
    kept = run(capsys, "log", "export")["conversations"]
    assert [(one["title"], len(one["turns"])) for one in kept] == [("toys", 2)]


def test_a_title_goes_with_the_turn_that_gave_it(assistant: Assistant, capsys: Out) -> None:
    one = assistant.memory.conversations.add(assistant.user, "Where is Maeve")
    said = ("Where is Maeve?", "x" * 70)
    first, _ = (assistant.memory.turns.add(assistant.user, one.id, text) for text in said)
    run(capsys, "log", "remove", first.id, "--yes")
    titles = [one["title"] for one in run(capsys, "log", "conversations")["conversations"]]
    assert titles == ["x" * 60, "toys", "beds"]


@pytest.mark.parametrize("command", [["log", "show"], ["log", "remove"], ["replay"]])
def test_before_anything_was_said_there_is_no_last_turn(capsys: Out, command: list[str]) -> None:
    assert cli.run([*command, "last"]) == 3
    assert "There is no last turn: nothing was said yet." in capsys.readouterr().err


@pytest.mark.parametrize("call", [["show", "ffff"], ["pictures", "ffff"], ["list", "--id", "ffff"]])
@pytest.mark.usefixtures("assistant")
def test_what_is_not_there_is_3(capsys: Out, call: list[str]) -> None:
    assert cli.run(["log", *call]) == 3
    assert "'ffff'" in capsys.readouterr().err


@pytest.mark.usefixtures("assistant")
def test_an_ambiguous_id_is_refused(capsys: Out) -> None:
    assert cli.run(["log", "show", ""]) == 3
    said = capsys.readouterr().err
    assert "have '' in their ids" in said and "they end in" in said


@pytest.mark.usefixtures("assistant")
def test_conversations_have_their_titles(capsys: Out) -> None:
    found = run(capsys, "log", "conversations")["conversations"]
    # the one last talked in first
    assert [one["title"] for one in found] == ["toys", "beds"]


def test_a_turn_run_again_on_the_same_model_comes_out_equal(capsys: Out) -> None:
    tiny = ["--model", "tiny"]
    asked = run(capsys, "ask", "What is blue?", *tiny)
    again = run(capsys, "replay", "last", *tiny)
    assert (again["result"], again["before"]["id"]) == ("equal", asked["turn"])
    assert again["now"]["id"] != asked["turn"]


def test_results_differ_by_words_or_by_pixels() -> None:
    before = ("Here.", ("a",))
    assert compared(before, before) == "equal"
    assert compared(before, ("Here.", ("b",))) == "equal in words, not in the picture"
    assert compared(before, ("There.", ("a",))) == "different"
