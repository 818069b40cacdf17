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
        ("draw wolfgan at sea", "wolfgan"),
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
        ("@kais home", "@kais home"),
    ],
)
def test_whose_it_is_needs_no_apostrophe(text: str, read: str) -> None:
    assert with_apostrophes(text, KNOWN) == read
