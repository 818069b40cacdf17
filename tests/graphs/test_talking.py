"""Sentences as people say them in a chat, and where they lead."""

import pytest

from graphs.clause import clause
from graphs.composition import compose
from graphs.ports import Known
from graphs.recall import match_fact
from graphs.router import bare_request, route_by_rules
from graphs.small_talk import pleasantry
from graphs.spelling import with_apostrophes
from graphs.telling import told_fact, told_of
from graphs.wishes import left_out
from tests.graphs.fakes import FakeWriter

MAEVE, KAI = Known("c1", "Maeve", "dog"), Known("c2", "Kai", "boy")


def routed(text: str, image: bool = False) -> str:
    found = route_by_rules(text, image, 1)
    return found.route if found else ""


@pytest.mark.parametrize(
    "text",
    [
        "<Maeve> is one year old",
        "<Maeve>'s 5 years old",
        "<Maeve> was born on May 3, 2019",
        "<Maeve> likes cheese, ham and eggs",
        "<Maeve> isn't afraid of dogs",
        "<Maeve> really loves cheese",
        "<Maeve> never bites",
        "<Maeve> is 7, not 5",
        "<Maeve> and <Rex> are brothers",
        "<Kai>, <Lina>, and <Rex> like cheese",
        "Also remember that <Maeve> snores",
        "Memorize that <Maeve> snores",
        "Actually <Kai>'s ball is blue",
        "Add to <Maeve>'s notes that she loves cheese",
        "Add that <Maeve> is 7",
    ],
)
def test_what_somebody_tells_is_a_fact(text: str) -> None:
    assert routed(text) == "remember"
    assert routed(text, image=True) == "remember"


@pytest.mark.parametrize(
    "text",
    [
        "<Maeve> likes what kind of food",
        "<Maeve>'s favourite food is which",
        "<Maeve> is a poodle right",
        "<Maeve> likes cheese, draw her and Kai",
        "Change <Maeve>'s age to 7",
    ],
)
def test_a_question_or_a_request_is_no_fact(text: str) -> None:
    assert routed(text, image=True) not in ("remember", "edit")


@pytest.mark.parametrize(
    "text",
    [
        "Good morning! Draw <Maeve>.",
        "Could you maybe draw <Maeve>?",
        "Do you think you could draw <Maeve>?",
        "Is it possible to draw <Maeve>?",
        "Why don't you draw <Maeve>?",
        "How about a picture of <Maeve>?",
        "Can I have <Maeve> in the snow?",
        "No, draw <Kai>",
        "Sorry, draw <Kai> instead",
        "Just draw <Kai>",
        "Also draw <Kai>",
    ],
)
def test_a_drawing_is_asked_for_in_many_ways(text: str) -> None:
    assert routed(text) == "generate"


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("actually Maeve's ball is blue", "Maeve's ball is blue"),
        ("My dog Maeve's toy is a bone", "Maeve's toy is a bone"),
        ("Remember that Maeve's toy is a ball and draw her with it.", "Maeve's toy is a ball."),
        ("Remember that Maeve loves to swim and draw", "Maeve loves to swim and draw"),
        ("<Maeve> loves cheese", "Maeve loves cheese"),
        ("Memorize that Maeve snores", "Maeve snores"),
        ("Add to Maeve's notes that she snores", "she snores"),
        ("Remember Maeve's birthday.", ""),
        ("Remember Maeve's birthday is in May", "Maeve's birthday is in May"),
        ("Remember something about Maeve.", ""),
    ],
)
def test_the_fact_stands_alone(text: str, fact: str) -> None:
    assert told_fact(text, text, ["Maeve"]) == fact


def test_a_fact_is_of_those_it_names_and_not_of_whom_is_drawn_next() -> None:
    said, known = "Remember that Maeve is old. Draw Kai in the snow.", [MAEVE, KAI]
    assert told_of("Maeve is old.", said, ["c1", "c2"], known) == [MAEVE]
    said = "Remember that she is old. Draw Kai."
    assert told_of("she is old.", said, ["c1", "c2"], known) == [MAEVE]
    both = "Remember that Maeve and Kai are old"
    assert told_of("Maeve and Kai are old", both, ["c2", "c1"], known) == [KAI, MAEVE]


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (["<Maeve> is 5 years old.", "<Maeve> is 7 years old."], "How old is <Maeve>?"),
        (["<Maeve> has a red hat.", "<Maeve> has a blue hat."], "What hat does <Maeve> have?"),
        (["<Maeve> lives in Cork.", "<Maeve> doesn't live in Cork."], "Where does <Maeve> live?"),
    ],
)
def test_what_was_told_last_is_so(facts: list[str], asked: str) -> None:
    assert match_fact(asked, facts) == facts[-1]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Draw <Maeve> on the beach without <Kai>.", "Draw <Maeve> on the beach."),
        ("Draw <Maeve> in the snow, but not <Kai>.", "Draw <Maeve> in the snow."),
        ("Draw only <Maeve>, no <Kai>.", "Draw only <Maeve>."),
        ("Draw the beach without <Kai>", "Draw the beach"),
        ("Draw <Maeve> without <Kai>'s ball", ""),
    ],
)
def test_who_shall_not_be_there_is_left_out(text: str, rest: str) -> None:
    assert left_out(text) == ((rest, ("Kai",)) if rest else (text, ()))


@pytest.mark.parametrize(
    "text",
    ["Great!", "I love it!", "She looks great!", "so cute", "ok", "What did we talk about?"]
    + ["Can you draw?", "Change her age", "what did I just say?"],
)
def test_what_no_model_has_to_answer(text: str) -> None:
    assert pleasantry(text, [MAEVE], picture=True)


@pytest.mark.parametrize(
    "text",
    ["great Dane or poodle?", "Okay, draw Maeve", "I love Maeve", "nice picture of Maeve", "good?"],
)
def test_what_says_more_is_no_pleasantry(text: str) -> None:
    assert pleasantry(text, [MAEVE], picture=True) == ""


@pytest.mark.parametrize("joined", ["Kai's toy is a car", "her bed is a basket", "she loves it"])
def test_of_joined_facts_one_is_drawn(joined: str) -> None:
    part = clause("Draw <Maeve> with her toy", "Maeve", ["Maeve"])
    fact = f"<Maeve>'s toy is a ball and {joined}."
    stage = compose(FakeWriter(), part, "What is <Maeve>'s toy?", fact, "Maeve")
    assert stage.result == "Draw <Maeve> with a ball"


def test_names_that_end_in_s_own_things() -> None:
    james = [Known("c3", "James", "boy")]
    assert with_apostrophes("Draw James' toy", james) == "Draw James's toy"
    assert with_apostrophes("maeves toy", [MAEVE]) == "maeve's toy"


def test_what_is_polite_may_stand_on_both_sides() -> None:
    assert bare_request("Good evening! Tell me about <Maeve>, please.") == "Tell me about <Maeve>"
