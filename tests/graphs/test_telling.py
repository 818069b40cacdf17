"""The fact in what somebody tells, in their own words."""

import pytest

from graphs.telling import also_asked, told_fact


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Can you remember that Maeve is old?", "Maeve is old"),
        ("Remember that Maeve hates rain, please", "Maeve hates rain"),
        ("Remember that Maeve hates rain. Draw her in the sun.", "Maeve hates rain."),
        ("Remember: Maeve hates rain. She loves the sun.", "Maeve hates rain. She loves the sun."),
        ("Remember thistles are Maeve's food", "thistles are Maeve's food"),
        ("Remember this about Maeve: she hates rain", "she hates rain"),
        ("write down that maeve is five", "maeve is five"),
        ("Maeve’s vet is Dr. Byrne, don’t forget that!", "Maeve’s vet is Dr. Byrne"),
        ("No, Maeve is four", "Maeve is four"),
        ("Remember that Maeve works for me", "Maeve works for me"),
        ("Remember that Maeve is ill. Add salt.", "Maeve is ill. Add salt."),
        ("Remember that it is afraid of Maeve", "it is afraid of Maeve"),
        ("Remember that's Maeve's toy", ""),
        ("Remember this is Maeve", ""),
        ("remember Maeve", ""),
        ("Remember it", ""),
    ],
)
def test_a_fact_is_what_is_left_of_the_words(text: str, fact: str) -> None:
    assert told_fact(text, text, ["Maeve"]) == fact


def test_of_several_all_are_named() -> None:
    said = "remember that she is Kai's sister"
    read = "remember that <Maeve> is <Kai>'s sister"
    assert told_fact(said, read, ["Maeve", "Kai"]) == "Maeve is Kai's sister"


def test_a_kind_is_no_name_and_a_pronoun_is_enough_of_one() -> None:
    read = "remember that <Maeve> hates rain"
    assert told_fact("remember that my dog hates rain", read, ["Maeve"]) == "Maeve hates rain"
    assert told_fact("remember that she hates rain", read, ["Maeve"]) == "she hates rain"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Remember that <Maeve> hates rain. Draw her in the sun.", "Draw her in the sun."),
        ("Remember that Maeve's toy is a ball and draw her with it.", "draw her with it"),
        ("<Maeve> is 7. How old is <Kai>?", "How old is Kai?"),
        ("Remember that <Maeve> hates rain. She loves snow.", ""),
        ("Remember that <Maeve> and Kai draw", ""),
    ],
)
def test_what_is_asked_for_in_the_same_breath_is_known(text: str, asked: str) -> None:
    assert also_asked(text) == asked
