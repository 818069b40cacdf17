"""What a model writes is made fit for people to read."""

from collections.abc import Iterator

import pytest

from assistant import Assistant
from assistant.events import Words
from assistant.writing import plain
from backbone import Backbone, TextOptions


@pytest.mark.parametrize(
    ("written", "names", "read"),
    [
        ("<maeve> sleeps.", ["Maeve"], "Maeve sleeps."),
        ("<a\\b> and <a.c>", ["a\\b", "a.c"], "a\\b and a.c"),
        ("<rex> is unknown", ["Maeve"], "<rex> is unknown"),
        ("\x1b[31mred\x00\n\tkept", [], "\ufffd[31mred\ufffd\n\tkept"),
    ],
)
def test_names_lose_their_brackets_and_controls_are_shown(
    written: str, names: list[str], read: str
) -> None:
    assert plain(written, names) == read


def test_who_has_no_tokens_is_named_without_brackets_too(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.memory.concepts.add(assistant.user, "Kai", "boy")
    said = iter(["<kai>", " is a nurse."])
    monkeypatch.setattr(Backbone, "stream", lambda self, reading, options: said)
    assert assistant.ask("What is Kai's job?").text == "Kai is a nurse."


def test_what_is_heard_begins_where_the_reply_does(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter([" ", " A red", " ball."])
    monkeypatch.setattr(Backbone, "stream", lambda self, reading, options: said)
    events = assistant.chat().send("What is red?")
    heard = [event.text for event in events if isinstance(event, Words)]
    assert heard == ["A red", " ball."]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (["I", " don't", " know", " that."], ["I don't know that."]),
        (["I", " do", " like", " it."], ["I do like", " it."]),
        (["By", " none."], ["By", " none."]),
    ],
)
def test_that_nothing_is_known_is_said_whole_once_it_is_sure(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, said: list[str], heard: list[str]
) -> None:
    monkeypatch.setattr(Backbone, "stream", lambda self, reading, options: iter(said))
    events = assistant.chat().send("What is red?")
    assert [event.text for event in events if isinstance(event, Words)] == heard


def test_a_long_reply_ends_with_its_sentence(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ramble(self: Backbone, reading: object, options: TextOptions) -> Iterator[str]:
        for number in range(300):
            if options.should_stop():
                return
            yield " on." if number % 30 == 29 else " and"

    monkeypatch.setattr(Backbone, "stream", ramble)
    said = assistant.ask("What is red?").text
    assert said.endswith("and on.")
    assert len(said.split()) == 90
