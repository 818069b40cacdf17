"""Names are found as people type them."""

from datetime import UTC, datetime

import pytest

from assistant.mentions import find_mentions
from memory.values import Concept


def concept(name: str) -> Concept:
    return Concept(f"id of {name}", "me", name, "dog", datetime(2026, 1, 1, tzinfo=UTC))


KNOWN = [concept("Maeve"), concept("Rex"), concept("Rex Junior"), concept("C++")]


@pytest.mark.parametrize(
    ("text", "marked", "names"),
    [
        ("Where is maeve's toy?", "Where is <Maeve>'s toy?", ["Maeve"]),
        ("@rex and <MAEVE>", "<Rex> and <Maeve>", ["Rex", "Maeve"]),
        ("Rex junior, rex", "<Rex Junior>, <Rex>", ["Rex Junior", "Rex"]),
        ("a T-Rexes park", "a T-Rexes park", []),
        ("draw c++ in the snow", "draw <C++> in the snow", ["C++"]),
        ("nobody", "nobody", []),
    ],
)
def test_a_name_is_found_however_it_is_typed(text: str, marked: str, names: list[str]) -> None:
    found = find_mentions(text, KNOWN)
    assert found.text == marked
    assert [c.name for c in found.concepts] == names


def test_who_knows_nobody_finds_nobody() -> None:
    assert find_mentions("Rex", []).concepts == ()
