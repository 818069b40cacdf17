"""Words, facts and needs."""

import pytest

from graphs.needs import find_needs
from graphs.recall import match_fact
from graphs.wording import about, content, first_line, gist, is_unknown


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("her toy is a ball", "<maeve>'s toy is a ball."),
        ("She lives by the sea.", "<maeve> lives by the sea."),
        ("Maeve's toy is a ball", "<maeve>'s toy is a ball."),
        ("the vet of maeve is nice", "the vet of <maeve> is nice."),
        ("afraid of thunder", "<maeve>: afraid of thunder."),
    ],
)
def test_a_fact_is_made_to_name_its_concept(fact: str, said: str) -> None:
    assert about("maeve", fact) == said


@pytest.mark.parametrize(
    ("request_text", "nouns"),
    [
        ("Draw <maeve> with her toy", ["toy"]),
        ("<maeve> in its favourite place with its red ball today", ["favourite place", "red ball"]),
        ("draw <maeve>'s bed next to her friend", ["bed", "friend"]),
        ("<maeve> wagging her tail", []),
        ("<maeve> at work", ["place of work"]),
        ("draw her on the beach", []),
        ("<maeve> with a ball", []),
    ],
)
def test_needs_are_possessive_phrases(request_text: str, nouns: list[str]) -> None:
    assert [need.noun for need in find_needs(request_text, "maeve")] == nouns


FACTS = ["<kai> lives by the sea.", "<kai>'s toy is a kite.", "<kai> likes to eat rice best."]


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("What is <kai>'s home?", 0),
        ("Where does <kai> live?", 0),
        ("What is <kai>'s toy?", 1),
        ("What is <kai>'s favourite food?", 2),
    ],
)
def test_the_fact_that_answers_is_found(question: str, place: int) -> None:
    assert match_fact(question, FACTS) == FACTS[place]


@pytest.mark.parametrize("question", ["What is <kai>'s job?", "What is <kai>'s favourite colour?"])
def test_no_fact_is_forced(question: str) -> None:
    assert match_fact(question, FACTS) == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Where does <kai> sleep at night?", "sleep night"),
        ("The RED ball and <maeve>'s basket.", "red ball basket"),
        ("Who is she?", "who is she"),
        ("<kai>", ""),
    ],
)
def test_the_gist_of_a_text_is_what_matters(text: str, kept: str) -> None:
    assert gist(text) == kept


def test_small_differences_do_not_matter() -> None:
    assert content("His favorite colors") == content("the favourite colour")
    assert first_line('\n  "Draw it."  \nmore') == "Draw it."
    assert is_unknown("I don’t know that.")
