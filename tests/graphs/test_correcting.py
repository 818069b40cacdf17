"""What is told in place of yes or no, when a fact is to be kept."""

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs.branches import after_resolve
from graphs.correcting import corrected
from graphs.ports import Known
from graphs.state import TurnState
from tests.graphs.fakes import FakeHouse
from tests.graphs.turns import paused, resumed

MAEVE, KAI, CUP = Known("c1", "Maeve", "dog"), Known("c2", "Kai", "boy"), Known("c3", "Cup", "mug")
WILL, MAY = Known("c4", "Will", "boy"), Known("c5", "May", "girl")


def said(fact: str, answer: str) -> str:
    return corrected(fact, answer, ["Maeve"], [MAEVE, KAI, CUP, WILL, MAY])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("No, she is 8", "she is 8"),
        ("no. She's eight years old.", "She's eight years old."),
        ("No - she is 8", "she is 8"),
        ("No (she is 8)", "she is 8"),
        ("no wait, I mean she is 8", "she is 8"),
        ("thats wrong, she is 8", "she is 8"),
        ("that isn't right, she is 8", "she is 8"),
        ("not 7, she is 8", "she is 8"),
        ("No, remember that she is 8", "she is 8"),
        ("No, she is 8, ok?", "she is 8"),
        ("Actually, Maeve is 8", "Maeve is 8"),
        ("that's wrong, she hates snow", "she hates snow"),
        ("Kai is 7", "Kai is 7"),
        ("No, it is 8", "Maeve is 8"),
        ("no, 8", "Maeve is 8"),
        ("no, Kai", "<Kai> is 7"),
        ("No, it's Kai", "<Kai> is 7"),
        ("no, Kai is", "<Kai> is 7"),
        ("she is 8", "she is 8"),
        ("no, she loves Cup", "<Maeve> loves Cup"),
        ("no, her cousin is Kai", "<Maeve>'s cousin is Kai"),
        ("Yes, and she snores", "Maeve is 7 and she snores"),
        ("Yes. She also snores.", "Maeve is 7 and She also snores."),
        ("yup, and remember she snores", "Maeve is 7 and she snores"),
        ("yes but she looks younger!", "Maeve is 7, but she looks younger!"),
        ("Yes, but she is 8", "she is 8"),
    ],
)
def test_another_fact_is_taken_from_the_answer(answer: str, told: str) -> None:
    assert said("Maeve is 7", answer) == told


@pytest.mark.parametrize("toy", ["her favourite toy", "Maeve's favourite toy", "their toy"])
@pytest.mark.parametrize(
    "answer", ["No, it's a ball", "no it is a ball", "it's a ball", "no, a ball", "no its a ball"]
)
def test_it_is_gives_what_was_told_another_end(toy: str, answer: str) -> None:
    assert said(f"{toy} is a kite", answer) == f"{toy} is a ball"


@pytest.mark.parametrize("answer", ["No, it's Bonn", "no, in Bonn", "it is Bonn"])
def test_a_home_is_another_one(answer: str) -> None:
    assert said("she lives in Cork", answer) == "she lives in Bonn"


def test_it_is_not_whom_a_fact_is_of_where_that_has_something() -> None:
    assert said("Maeve has a red ball", "No, it is blue") == ""
    assert said("Cup is blue", "No, it is red") == "it is red"


@pytest.mark.parametrize(
    "answer",
    ["no", "maybe", "", "yesterday", "No, thanks.", "no, she isn't", "no it is not", "No, don't!"]
    + ["is she 8?", "no, draw her in the snow", "what?", "nobody knows", "no, never mind"]
    + ["she is 8 " * 50, "no she", "yes and", "True", "No, it isn't.", "no, remove her"]
    + ["it's not true", "no it's wrong", "no, it's fine", "it's private", "it's a secret"]
    + ["it's none of your business", "it doesn't matter", "she never said that", "she isnt"]
    + ["she asked me not to", "she'd hate that", "no she doesnt", "she cannot", "she never was"]
    + ["No, it’s not", "that's fine", "that is all", "No, are you mad", "No, is that ok"]
    + [
        "no, will is 8",
        "will do",
        "will you stop",
        "mark my words",
        "yes, but don't tell anyone",
        "no, you",
    ],
)
@pytest.mark.parametrize("fact", ["Maeve is 7", "her toy is a kite"])
def test_nothing_is_taken_from_a_plain_no_or_a_request(fact: str, answer: str) -> None:
    assert said(fact, answer) == ""


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


def test_questions_about_consent_leave_room_for_others() -> None:
    asked: TurnState = {"asking": {"kind": "concept"}, "asked": [{"kind": "consent"}] * 3}
    assert after_resolve(asked) == "ask"
    assert after_resolve({**asked, "asked": [{"kind": "concept"}] * 2}) == "give_up"


def test_corrections_end(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve is 7")
    for age in range(8, 13):
        assert resumed(house, saver, f"no, she is {age}").asking is not None
    assert resumed(house, saver, "no, she is 13").asking is None
    assert house.facts.added == []
