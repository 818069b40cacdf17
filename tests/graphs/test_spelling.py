"""Names with a slip, and without their apostrophe."""

import pytest

from graphs import Known
from graphs.spelling import misspelled, with_apostrophes
from tests.graphs.fakes import KAI, MAEVE

KNOWN = [MAEVE, KAI, Known("c3", "Wolfgang"), Known("c4", "rose")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("draw meave", "meave"),
        ("draw Maive in the snow", "Maive"),
        ("draw Mave", "Mave"),
        ("draw Wolfgamg at sea", "Wolfgamg"),
        ("draw wolgfang", "wolgfang"),
        ("draw wolfgan at sea", ""),
        ("draw Rosa Meave", ""),
        ("two meave", ""),
        ("draw a mauve sky", ""),
        ("Mauve is a colour", ""),
        ("ask Kay", ""),
        ("draw Maeve", ""),
        ("draw Mabel", ""),
    ],
)
def test_one_slip_still_shows_the_name(text: str, word: str) -> None:
    assert misspelled(text, KNOWN) == word


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("maeves toy", "maeve's toy"),
        ("Where is Kais home", "Where is Kai's home"),
        ("a bunch of roses here", "a bunch of roses here"),
        ("draw two Maeves", "draw two Maeves"),
        ("two maeves playing chess", "two maeves playing chess"),
        ("maeves in a jar", "maeves in a jar"),
        ("maeves asleep", "maeves asleep"),
        ("@kais home", "@kais home"),
    ],
)
def test_whose_it_is_needs_no_apostrophe(text: str, read: str) -> None:
    assert with_apostrophes(text, KNOWN) == read


def test_another_s_name_is_no_slip() -> None:
    both = [Known("c1", "Luca"), Known("c2", "Lucas"), Known("c3", "Tigger"), Known("c4", "Brian")]
    assert with_apostrophes("Draw Lucas hat", both) == "Draw Lucas hat"
    for text in ("Draw a tiger", "a brain", "a market in Lucast", "Is Luca here?"):
        assert misspelled(text, both) == ""
