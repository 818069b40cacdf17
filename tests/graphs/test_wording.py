"""Words, facts and needs."""

import pytest

from graphs.needs import find_needs
from graphs.recall import match_fact
from graphs.wording import about, content, first_line, gist, is_unknown, statements


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


def test_a_name_that_is_a_common_word_is_told_from_it() -> None:
    assert about("Will", "He will be three in June.") == "<Will> will be three in June."
    assert about("Rose", "Rose sleeps in a box") == "<Rose> sleeps in a box."


@pytest.mark.parametrize(
    "fact",
    [
        "Rex is Maeve's brother. His toy is a red ball.",
        "Maeve's brother is Tom. He lives in a tent.",
        "Maeve and rex are old. Her toy is a ball.",
        "Maeve has a ball. It is red. It is round!",
        "She has a brother. He is tall.",
        "The vet of Maeve is nice. His car is red.",
    ],
)
def test_a_sentence_on_somebody_else_stays_with_the_one_before(fact: str) -> None:
    (said,) = statements("Maeve", fact, ["Rex"])
    assert said == fact.replace("Maeve", "<Maeve>").replace("She", "<Maeve>")


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("Maeve is a cup. It is red", ["<Maeve> is a cup.", "<Maeve> is red."]),
        (
            "She is from New Ross. Her bed is red.",
            ["<Maeve> is from New Ross.", "<Maeve>'s bed is red."],
        ),
        (
            "Her toy is a ball. It is red. She runs.",
            ["<Maeve>'s toy is a ball. It is red.", "<Maeve> runs."],
        ),
        ("Rex is old. Maeve is not", ["<Maeve>: Rex is old.", "<Maeve> is not."]),
    ],
)
def test_a_sentence_on_the_concept_alone_stands_for_itself(fact: str, said: list[str]) -> None:
    assert statements("Maeve", fact, ["Rex"]) == said


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


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        (["<kai>'s toy is a kite.", "<kai>'s new toy is now a ball."], 1),
        (["<kai>'s toy is a kite.", "<kai>'s brother's toy is a ball."], 0),
        (["<kai> broke his toy.", "<kai>'s toy is a kite.", "<kai> lost a toy."], 1),
        (["<kai> has a toy duck.", "<kai> has a toy boat now."], 1),
    ],
)
def test_of_facts_that_say_the_same_the_last_is_so(facts: list[str], place: int) -> None:
    assert match_fact("What is <kai>'s toy?", facts) == facts[place]


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
