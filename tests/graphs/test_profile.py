"""What is known stands before a question, one line each, about the concept by name."""

import pytest

from graphs.profile import as_it_is_now, asks, before, lines_of, relevant


def test_facts_and_kind_are_said_of_the_concept() -> None:
    assert lines_of("Maeve", ["her toy is red"], "a dog") == [
        "<Maeve>'s toy is red.",
        "<Maeve> is a dog.",
    ]


def test_lines_come_before_the_question() -> None:
    text = before("Maeve", ["<Maeve> is old."], "How old is <Maeve>?")
    assert text == "Profile of <Maeve>:\n- <Maeve> is old.\n\nHow old is <Maeve>?"
    assert before("Maeve", (), "How old?") == "How old?"


def test_what_is_asked_for_is_told_by_its_words() -> None:
    assert asks("of_kind", "What is <Maeve>?") and not asks("of_kind", "Where is <Maeve>?")


FACTS = ["her toy is a red ball", "she is a border collie", "she is old"]


@pytest.mark.parametrize(
    "asked",
    [
        "What kind of thing is <Maeve> in this photo?",
        "Which sort of thing is <Maeve>, as seen here?",
        "What breed is <Maeve>?",
        "What is <Maeve>?",
    ],
)
def test_of_what_somebody_is_only_that_is_told(asked: str) -> None:
    assert relevant("Maeve", FACTS, asked) == ["she is a border collie"]


@pytest.mark.parametrize(
    "asked",
    [
        "What is <Maeve>'s toy?",
        "What kind of food does <Maeve> like?",
        "What kind of toy is <Maeve>'s?",
    ],
)
def test_other_questions_are_asked_with_all_facts(asked: str) -> None:
    assert relevant("Maeve", FACTS, asked) == FACTS


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("she is 5", "she is 7 years old."),
        ("she is 5", "her age is eleven"),
        ("Maeve's 5", "she is 7 now"),
        ("her favourite toy is a ball", "Maeve's favorite toy is a kite"),
        ("she lives in Cork", "Maeve lives in New York"),
        ("her birthday is May 3", "her birthday is on 4 June"),
    ],
)
def test_what_is_told_anew_takes_the_place_of_what_was(then: str, now: str) -> None:
    assert as_it_is_now("Maeve", [then, "she snores", now]) == ["she snores", now]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("her friend is Kai", "her friend is Rex"),
        ("her favourite toy is a ball", "her favourite food is ham"),
        ("her favourite toy is a kite", "her favourite toy is red"),
        ("her favourite toy is a kite", "her favourite toy is not a ball"),
        ("her favourite toy is a kite and she snores", "her favourite toy is a ball"),
        ("her favourite food is fish", "her favourite food was ham"),
        ("she is 5", "she is 5 metres tall"),
        ("she likes cheese", "she likes ham"),
        ("Maeve's sister lives in Cork", "Maeve lives in Bonn"),
        ("she lives in Cork and has a red bike", "she lives in Bonn"),
        ("Maeve lives in Cork. She is afraid of cats.", "she lives in Bonn"),
        ("she lives in Cork", "she lives with her grandmother"),
        ("she lives in Cork", "she lives in fear of cats"),
        ("her birthday is on May 3", "her birthday is coming soon"),
    ],
)
def test_what_may_both_be_so_is_told(then: str, now: str) -> None:
    assert as_it_is_now("Maeve", [then, now]) == [then, now]
