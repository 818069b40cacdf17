"""What is known stands before a question, one line each, about the concept by name."""

from graphs.profile import asks, before, lines_of


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
