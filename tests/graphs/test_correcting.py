"""What is told in place of yes or no, when a fact is to be kept."""

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs.correcting import corrected
from graphs.ports import Known
from tests.graphs.fakes import FakeHouse
from tests.graphs.turns import paused, resumed

MAEVE, KAI = Known("c1", "Maeve", "dog"), Known("c2", "Kai", "boy")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("No, she is 8", "she is 8"),
        ("no. She's eight years old.", "She's eight years old."),
        ("Actually, Maeve is 8", "Maeve is 8"),
        ("that's wrong, she hates snow", "she hates snow"),
        ("Kai is 7", "Kai is 7"),
        ("she is 8", "she is 8"),
        ("Yes, and she snores", "Maeve is 7 and she snores"),
        ("yes but she looks younger!", "Maeve is 7, but she looks younger!"),
    ],
)
def test_another_fact_is_taken_from_the_answer(answer: str, told: str) -> None:
    assert corrected("Maeve is 7", answer, [MAEVE, KAI]) == told


@pytest.mark.parametrize("toy", ["her favourite toy", "Maeve's favourite toy", "their toy"])
@pytest.mark.parametrize("answer", ["No, it's a ball", "Nope, is a ball", "no it is a ball"])
def test_it_is_gives_what_was_told_another_end(toy: str, answer: str) -> None:
    assert corrected(f"{toy} is a kite", answer, [MAEVE]) == f"{toy} is a ball"


@pytest.mark.parametrize(
    "answer",
    ["no", "maybe", "", "yesterday", "No, thanks.", "no, she isn't", "no it is not", "No, don't!"]
    + ["is she 8?", "no, draw her in the snow", "what?", "nobody knows", "no, never mind"]
    + ["she is 8 " * 50, "no she", "yes and", "True", "No, it isn't.", "no, remove her"],
)
@pytest.mark.parametrize("fact", ["Maeve is 7", "her toy is a kite"])
def test_nothing_is_taken_from_a_plain_no_or_a_request(fact: str, answer: str) -> None:
    assert corrected(fact, answer, [MAEVE, KAI]) == ""


def test_the_corrected_fact_is_asked_about_and_kept(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve is 7")
    asked = resumed(house, saver, "No, she is 8").asking
    assert asked is not None and (asked["kind"], asked["fact"]) == ("consent", "she is 8")
    done = resumed(house, saver, "yes")
    assert house.facts.added == [("c1", "she is 8")] and done.state["consent"]


def test_a_fact_may_be_given_to_somebody_else(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve is 7")
    resumed(house, saver, "no, Kai is 7")
    resumed(house, saver, "yes")
    assert house.facts.added == [("c2", "Kai is 7")]


def test_corrections_end(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve is 7")
    for age in range(8, 13):
        assert resumed(house, saver, f"no, she is {age}").asking is not None
    assert resumed(house, saver, "no, she is 13").asking is None
    assert house.facts.added == []
