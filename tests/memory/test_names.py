"""Odd names are plain data, or refused in one clear sentence."""

import pytest

from memory import Memory
from memory.names import MAX_NAME, check_json, check_name, name_key
from omni_errors import InputError

ODD = [
    "..",
    "/etc/passwd",
    "[bold]Rex[/bold]",
    "'; DROP TABLE concept; --",
    "小白",
    "👩‍🚀",
    "%",
    "_",
]
REFUSED = ["", "  ", "\u200d", "a\nb", "a\x00b", "a\u202eb", "<sks>", "<|im_end|>", "\ud800"]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_kept_as_it_is(store: Memory, ana: str, name: str) -> None:
    made = store.concepts.add(ana, name)
    assert made.name == name
    assert store.concepts.list(ana) == (made,)
    assert store.concepts.get(ana, name) == made


@pytest.mark.parametrize("name", [*REFUSED, "x" * (MAX_NAME + 1)])
def test_no_name_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(InputError, match="concept name") as error:
        check_name(name)
    assert "Use 1 to" in error.value.hint


@pytest.mark.parametrize(
    ("one", "other"), [("Rex", "REX"), ("é", "e\u0301"), ("straße", "STRASSE")]
)
def test_names_that_differ_in_case_are_one(one: str, other: str) -> None:
    assert name_key(check_name(one)) == name_key(check_name(other))


def test_spaces_do_not_make_another_name() -> None:
    assert check_name("  Old   Rex ") == "Old Rex"


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "C:\\u0000.png", "u0000"])
def test_letters_that_spell_a_zero_character_are_text(text: str) -> None:
    value = {text: [text, {"deeper": text}]}
    assert check_json(value, "trace") == value


@pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0", "\\u0000\0"])
def test_a_zero_character_is_refused_wherever_it_stands(text: str) -> None:
    for value in ({text: 1}, {"a": [{"b": text}]}):
        with pytest.raises(InputError, match="The trace holds a zero character"):
            check_json(value, "trace")
