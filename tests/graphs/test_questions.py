"""What is asked back, and what an answer changes."""

from typing import Any

import pytest

from graphs.questions import is_no, is_yes, question, take_answer
from graphs.state import TurnState
from tests.graphs.fakes import FakeHouse


def answered(house: FakeHouse, asked: dict[str, object], text: str, answer: object) -> TurnState:
    state: TurnState = {"text": text, "concepts": ["c2"], "asked": [{**asked, "answer": answer}]}
    return take_answer(state, house.ports)


@pytest.mark.parametrize(
    "said",
    [True, "yes", "Yes.", " YES! ", "Yes, please.", "yeah", "OK, do it", "That’s right!"]
    + [
        "yes, thanks",
        "Yes, of course!",
        "yes, remember it",
        "definitely",
        "ok thank you very much",
    ],
)
def test_consent_is_a_clear_yes(said: object) -> None:
    assert is_yes(said)


@pytest.mark.parametrize(
    "said",
    [
        False,
        None,
        "",
        "no",
        "yes but no",
        "maybe",
        1,
        "yesterday",
        "sure?",
        "yes 👎",
        "thanks",
        "yes please " * 700,
    ],
)
def test_nothing_else_is_consent(said: object) -> None:
    assert not is_yes(said)


def test_a_name_nobody_has_becomes_the_one_that_was_meant(house: FakeHouse) -> None:
    asked = question("unknown", "unknown_name", ["maeve"], name="bella")
    assert answered(house, asked, "draw @bella and @bellar", "Maeve") == {
        "text": "draw <maeve> and @bellar"
    }


def test_whose_a_fact_is_and_who_is_meant_are_chosen_by_name(house: FakeHouse) -> None:
    whose, which = question("whose", "whose", []), question("concept", "which", [], names="a or b")
    assert answered(house, whose, "he is three", "kai") == {"chosen": ["c2"]}
    assert answered(house, which, "draw her", "MAEVE please") == {"last_concepts": ["c1"]}


@pytest.mark.parametrize("answer", ["nobody", "", "kaiser"])
def test_an_answer_that_names_nobody_changes_nothing(house: FakeHouse, answer: str) -> None:
    assert answered(house, question("whose", "whose", []), "he is three", answer) == {}


def test_a_fact_is_completed_by_the_answer(house: FakeHouse) -> None:
    said = answered(house, question("fact", "what"), "Remember that Kai.", "likes tea")
    assert said == {"text": "Remember that Kai likes tea"}


@pytest.mark.parametrize(
    "answer", ["it is on May 3", "that it's on May 3", "is on May 3", "on May 3"]
)
def test_what_was_named_gets_what_is_answered(house: FakeHouse, answer: str) -> None:
    said = answered(house, question("fact", "what"), "Remember Kai's birthday.", answer)
    assert said["text"] == "Remember: Kai's birthday is on May 3"
    whole = answered(house, question("fact", "what"), "Remember Kai's toy.", "he likes tea")
    assert whole["text"] == "Remember: he likes tea"


def test_that_before_the_answer_is_no_part_of_it(house: FakeHouse) -> None:
    said = answered(house, question("fact", "what"), "Remember Kai", "that he likes tea")
    assert said["text"] == "Remember: he likes tea"


@pytest.mark.parametrize("answer", ["he likes tea", "Kai likes tea"])
def test_a_whole_sentence_is_the_fact(house: FakeHouse, answer: str) -> None:
    said = answered(house, question("fact", "what"), "Remember Kai", answer)
    assert said == {"text": f"Remember: {answer}", "chosen": ["c2"], "last_concepts": ["c2"]}


@pytest.mark.parametrize("said", [False, "no", "Never mind.", "no, thanks!", "cancel"])
def test_a_question_can_be_left(said: object) -> None:
    assert is_no(said) and not is_yes(said)


@pytest.mark.parametrize("said", ["", "Nora", "not that one", "no.jpg"])
def test_nothing_else_leaves_it(said: object) -> None:
    assert not is_no(said)


def test_a_slip_in_a_name_is_mended_by_the_answer(house: FakeHouse) -> None:
    asked = question("unknown", "unknown_name", ["maeve"], name="Meave")
    assert answered(house, asked, "draw Meave", "Maeve") == {"text": "draw <maeve>"}


@pytest.mark.parametrize(
    ("said", "update"),
    [
        ("nobody", {"as_written": True}),
        ("a dog", {"as_written": True}),
        ("Kai", {"text": "draw <kai>"}),
    ],
)
def test_a_word_that_is_nobody_s_name_stands_as_it_is(
    house: FakeHouse, said: str, update: dict[str, Any]
) -> None:
    asked = question("slip", "unknown_name", ["maeve", "kai"], name="Meave")
    assert answered(house, asked, "draw Meave", said) == update


@pytest.mark.parametrize("said", ["both", "Maeve and Kai"])
def test_a_pronoun_may_mean_both(house: FakeHouse, said: str) -> None:
    asked = question("concept", "which", ["maeve", "kai"], names="maeve or kai")
    told = answered(house, asked, "draw her on the beach", said)
    assert told == {"text": "draw <maeve> and <kai> on the beach"}
