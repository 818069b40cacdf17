"""Which questions count as right, and what is counted of a parsed request."""

from typing import Any

import pytest

from backbone.mini.replay_text import Request
from bench.parsing import is_right, parse_all


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("What is <mira>'s lucky charm?", True),
        ("What lucky charm does <mira> have?", True),
        ("What is <oskar>'s lucky charm?", False),
        ("What is <mira>'s book?", False),
        ("NONE", False),
    ],
)
def test_concept_and_attribute_have_to_be_right(said: str, right: bool) -> None:
    assert is_right(said, "What is <mira>'s lucky charm?") is right


def test_where_nothing_is_needed_none_is_right() -> None:
    assert is_right("none.", "NONE") and not is_right("What is <mira>'s hat?", "NONE")


class _Model:
    """Answers everything alike."""

    def read(self, concepts: list[Any]) -> "_Model":
        return self

    def add_text(self, text: str) -> "_Model":
        return self

    def answer(self, reading: Any, options: Any) -> str:
        return "What is <mira>'s toy?"


def test_a_wrong_reply_is_counted_and_mended() -> None:
    toy, hat = (
        Request(f"Draw <mira> with her {noun}.", f"What is <mira>'s {noun}?", "", "", "", "")
        for noun in ("toy", "hat")
    )
    first, second = parse_all(_Model(), [toy, hat], 2)  # type: ignore[arg-type]
    assert (first.first, first.settled, first.by) == (True, True, "model")
    assert (second.first, second.settled, second.by) == (False, True, "fallback")
