"""Text is printed as it is, whatever it looks like."""

import io
import json

import pytest

from cli_output import Manner, note, print_json, print_pairs, print_table, put, say, set_manner

Out = pytest.CaptureFixture[str]
ODD = ("[bold]x[/bold]", "[/nope]", ":smile:", "Maeve 🐕", "a\tb")


@pytest.mark.parametrize("text", ODD)
def test_nothing_counts_as_markup(text: str, capsys: Out) -> None:
    say(text)
    note(text)
    out, err = capsys.readouterr()
    assert out == err
    assert out.expandtabs() == f"{text}\n".expandtabs()


def test_control_characters_are_shown(capsys: Out) -> None:
    say("a\x1b]0;title\x07b")
    assert capsys.readouterr().out == "a\ufffd]0;title\ufffdb\n"


def test_tables_hold_odd_text_too(capsys: Out) -> None:
    print_table(("[a]", "b"), [ODD[:2]])
    print_pairs([ODD[:2]])
    out = capsys.readouterr().out
    assert out.count("[bold]x[/bold]") == 2
    assert out.count("[/nope]") == 2
    assert "[a]" in out


def test_long_lines_are_not_broken(capsys: Out) -> None:
    say("word " * 100)
    assert capsys.readouterr().out.count("\n") == 1


def test_json_is_json(capsys: Out) -> None:
    print_json({"name": "Zoë"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": "Zoë"}
    assert "Zoë" in out


@pytest.mark.parametrize("encoding", ["utf8", "ascii", "latin-1"])
@pytest.mark.parametrize("errors", ["strict", "replace"])
def test_json_is_written_whatever_a_file_is_called(
    encoding: str, errors: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, encoding, errors, write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    data = {"name": "Zoë", "file": "caf\udce9.png"}
    print_json(data)
    assert json.loads(out.getvalue().decode("ascii")) == data


def test_a_question_is_put_however_quiet_it_is(capsys: Out) -> None:
    set_manner(Manner(quiet=True))
    try:
        put("[Really]?")
        note("never said")
    finally:
        set_manner(Manner())
    assert capsys.readouterr() == ("", "[Really]?\n")
