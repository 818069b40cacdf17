"""Facts are said of the concept, and asked for in the way a person would."""

import pytest

from learning.facts import ask_facts, fact_sentence


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("her toy is a black excavator", "<maeve>'s toy is a black excavator."),
        ("She lives by the sea.", "<maeve> lives by the sea."),
        ("Maeve likes carrots", "<maeve> likes carrots."),
        ("he's afraid of thunder", "<maeve> is afraid of thunder."),
        ("It's got three legs!", "<maeve> has three legs."),
        ("<maeve> was born in 2016", "<maeve> was born in 2016."),
        ("the neighbours call her Mo", "<maeve>: the neighbours call her Mo."),
        ("  ", ""),
        ("…", ""),
    ],
)
def test_facts_are_said_of_the_concept(fact: str, said: str) -> None:
    assert fact_sentence(fact, "maeve") == said


@pytest.mark.parametrize(
    ("fact", "question"),
    [
        ("her toy is a black excavator", "What is <maeve>'s toy?"),
        ("her favourite toys are cones", "What are <maeve>'s favourite toys?"),
        ("she likes carrots", "What does <maeve> like?"),
        ("she lives by the sea", "Where does <maeve> live?"),
        ("she is seven years old", "How old is <maeve>?"),
        ("she was born in 2016", "Where or when was <maeve> born?"),
        ("she snores", "What do you know about <maeve>?"),
        ("{curly} braces 100%", "What do you know about <maeve>?"),
    ],
)
def test_facts_answer_the_question_one_would_ask(fact: str, question: str) -> None:
    pairs = ask_facts([fact], "maeve")
    assert question in [pair.question for pair in pairs]
    assert all(pair.answer == fact_sentence(fact, "maeve") for pair in pairs)


def test_all_facts_together_answer_who_it_is() -> None:
    pairs = ask_facts(["she likes carrots", "her toy is a ball", "she likes carrots"], "maeve")
    answers = {pair.answer for pair in pairs if pair.question == "Who is <maeve>?"}
    assert answers == {"<maeve> likes carrots. <maeve>'s toy is a ball."}


def test_no_question_has_two_answers() -> None:
    facts = ["she likes carrots", "her toy is a ball", "she lives by the sea"]
    pairs = ask_facts(facts, "maeve")
    assert len({pair.question for pair in pairs}) == len(pairs)


def test_a_name_that_is_a_common_word_is_told_from_it() -> None:
    assert fact_sentence("He will be three", "Will") == "<Will> will be three."
    assert fact_sentence("Will loves Strauß", "Will") == "<Will> loves Strauß."
    assert fact_sentence("she's got a hat", r"a\t") == r"<a\t> has a hat."
    assert fact_sentence("Strauß is red", "Strauß") == "<Strauß> is red."


def test_names_with_odd_signs_are_only_names() -> None:
    assert fact_sentence("a+b (c) is red", "a+b (c)") == "<a+b (c)> is red."
    assert fact_sentence("maeves are many", "maeve") == "<maeve>: maeves are many."
