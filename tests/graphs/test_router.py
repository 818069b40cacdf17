"""Routes: rules first, the model only where none fits."""

import pytest

from graphs.router import bare_request, choose_route, route_by_rules
from graphs.small_talk import pleasantry
from tests.graphs.fakes import FakeWriter


@pytest.mark.parametrize(
    ("text", "image", "route"),
    [
        ("Draw <maeve> on the moon", False, "generate"),
        ("Could you please paint <maeve>?", False, "generate"),
        ("a photo of <maeve> in the snow", False, "generate"),
        ("make a picture of a dog", True, "generate"),
        ("show me <maeve> asleep", False, "generate"),
        ("imagine <kai> as an astronaut", False, "generate"),
        ("<maeve> on the beach", False, "generate"),
        ("<maeve> and <kai> playing chess", False, "generate"),
        ("<maeve> in this photo?", True, "understand"),
        ("What does <maeve> like?", False, "understand"),
        ("What is in the picture of <maeve>?", True, "understand"),
        ("describe this photo", True, "understand"),
        ("is <maeve> in this photo?", True, "recognise"),
        ("Can you see <maeve> in this photo?", True, "recognise"),
        ("Could you find <maeve> or <kai> here?", True, "recognise"),
        ("can you see <maeve> in the garden?", True, "understand"),
        ("who is <maeve>'s friend?", False, "understand"),
        ("<maeve> likes cheese, right?", False, "understand"),
        ("hello", False, "understand"),
        ("who is this?", True, "recognise"),
        ("Who's that", True, "recognise"),
        ("who is in this picture?", False, "recognise"),
        ("do you know who this is?", True, "recognise"),
        ("remove the hat", True, "edit"),
        ("Remove <maeve> from the photo", False, "edit"),
        ("add a red hat", True, "edit"),
        ("make it darker", True, "edit"),
        ("please replace the sky with stars", True, "edit"),
        ("take <maeve> out of the photo", False, "edit"),
        ("make <maeve> disappear", False, "edit"),
        ("can you paint <maeve> blue please?", True, "edit"),
        ("Paint the red ball light green", True, "edit"),
        ("paint <maeve> on a blue sofa", True, "generate"),
        ("paint <maeve> blue", False, "generate"),
        ("make <maeve> wear a hat", True, "edit"),
        ("let it snow", True, "edit"),
        ("remember that <maeve> is three", False, "remember"),
        ("Please remember: she hates rain", False, "remember"),
        ("<maeve> loves cheese, remember that.", False, "remember"),
        ("do you remember that?", False, "understand"),
        ("by the way, <kai> hates rain", False, "remember"),
        ("<maeve>'s favourite toy is a drum", False, "remember"),
        ("<maeve> is three years old", False, "remember"),
        ("My dog <maeve> loves cheese", False, "remember"),
        ("<maeve> is in the garden", False, None),
        ("<maeve>'s hat is ugly, remove it", True, None),
        ("<maeve>'s picture is too dark", True, None),
        ("<maeve> likes cheese. Draw her with some", False, None),
        ("<maeve>’s favourite toy is a drum", False, "remember"),
        ("My best friend is <maeve>, remember that", False, "remember"),
        ("Draw <maeve> in the snow, remember that", False, "generate"),
        ("where is <maeve>'s toy, note that", False, "understand"),
        ("Give the colour of the ball", True, None),
        ("give her a hat", True, "edit"),
        ("Let it be", True, None),
        ("forget the hat, draw <maeve> in blue", False, None),
        ("let’s see <maeve> in the snow", False, "generate"),
        ("I'd love a picture of <maeve> in the snow", False, "generate"),
        ("could I have a drawing of <maeve>?", False, "generate"),
        ("make me a picture of <maeve> asleep", False, "generate"),
        ("show us what <maeve> looks like", False, "generate"),
        ("picture <maeve> on a boat", False, "generate"),
        ("one more of <maeve>", False, "generate"),
        ("make me a postcard with <maeve>", False, "generate"),
        ("create a birthday card with <maeve> and <kai>", False, "generate"),
        ("I'd like a poster of <maeve> on the beach", False, "generate"),
        ("wallpaper of <maeve>", False, "generate"),
        ("the poster of <maeve> is nice", False, None),
        ("I wanna see <maeve>", False, "generate"),
        ("hey can I see <maeve> please?", False, "generate"),
        ("can I see <maeve>?", True, "understand"),
        ("can I see <maeve>'s toy?", False, "understand"),
        ("gimme a picture of <maeve>", False, "generate"),
        ("I need a new photo of <maeve> at sea", False, "generate"),
        ("what would <maeve> look like in the snow?", False, "generate"),
        ("how would <maeve> look with a hat", False, "generate"),
        ("show me how <maeve> would look on the moon", False, "generate"),
        ("what does <maeve> look like?", False, "understand"),
        ("what would <maeve> like?", False, "understand"),
        ("can I see my dog <maeve> in the snow?", False, "generate"),
        ("hello, let me see <maeve> and <kai>", False, "generate"),
        ("how would <maeve> look at me?", False, "understand"),
        ("what would <maeve> look like in your opinion?", False, "understand"),
        ("how would <maeve> look with a collar or without?", False, "understand"),
        ("I need a photo of my ID, what do I do?", False, "understand"),
        ("I need a photo of <kai> on the wall in this photo", True, None),
        ("I would like to see <maeve> on the beach", False, "generate"),
        ("who is the king of Spain?", True, "understand"),
        ("Who is her owner?", True, "understand"),
        ("do you know this place?", True, "understand"),
        ("Who's this song by?", True, "understand"),
        ("whos this", True, "recognise"),
        ("Who is standing next to her?", True, "recognise"),
        ("Who is the president?", True, "understand"),
        ("paint <maeve>'s toy red", True, "edit"),
        ("Painting is <kai>'s hobby", False, None),
        ("Give <kai> a call", False, None),
        ("Show me <maeve>'s birthday party", False, "generate"),
        ("Great Dane next to <maeve>", False, None),
        ("Who is the dog on the left?", True, "recognise"),
        ("Thanks! Now draw <kai>", False, "generate"),
        ("The photo of <maeve> is blurry", True, None),
        ("a picture of <maeve> hangs in my kitchen", False, None),
        ("<maeve> in this picture looks sad", False, None),
        ("show me <maeve>'s facts", False, "understand"),
        ("I want <maeve> in blue", True, "edit"),
        ("I want <maeve> in blue", False, "generate"),
        ("move on", True, None),
        ("remember to feed <maeve>", False, None),
        ("   ", False, "clarify"),
    ],
)
def test_rules_decide(text: str, image: bool, route: str | None) -> None:
    found = route_by_rules(text, image, text.count("<"))
    assert (found.route if found else None) == route


@pytest.mark.parametrize("text", ["<maeve>, watercolour", "add milk", "I like <kai>"])
def test_rules_leave_the_rest_open(text: str) -> None:
    assert route_by_rules(text, False, 0) is None


@pytest.mark.parametrize(
    "text", ["Make <maeve> blue, please", "give <maeve> a hat", "put a hat on <maeve>"]
)
def test_some_changes_are_of_what_was_drawn_last(text: str) -> None:
    found = route_by_rules(text, False, 1, last=True)
    assert found is not None and found.route == "edit"


@pytest.mark.parametrize(
    "text",
    [
        "Add a fact to <maeve>",
        "add a photo to <maeve>",
        "give <maeve>'s age",
        "Give <maeve> my regards",
        "Paint my house red",
    ],
)
def test_what_only_sounds_like_a_change_is_none(text: str) -> None:
    found = route_by_rules(text, False, 1, last=True)
    assert found is None or found.route != "edit"


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("Could you please remove <maeve>, please?", "remove <maeve>"),
        ("Make it night.", "Make it night."),
        ("I want <maeve> in blue.", "I want <maeve> in blue."),
        ("please", "please"),
        ("add a sign that says thank you", "add a sign that says thank you"),
        ("please add a card saying please", "add a card saying please"),
        ("make it   darker, please!", "make it darker"),
        ("Remove <maeve>, please.", "Remove <maeve>"),
        ("pls remove <maeve> for me", "remove <maeve>"),
        ("Hey! Could you draw <maeve>?", "draw <maeve>"),
    ],
)
def test_a_change_is_said_without_what_is_polite(said: str, bare: str) -> None:
    assert bare_request(said) == bare


def test_blanks_count_for_nothing() -> None:
    found = route_by_rules("draw" + 2000 * " " + "<maeve>\n asleep", False, 1)
    assert found is not None and found.route == "generate"


def test_without_a_question_mark_finding_is_no_question() -> None:
    assert route_by_rules("find <maeve> in this photo", True, 1) is None


def test_remembering_a_moment_is_no_order() -> None:
    found = route_by_rules("remember when we met?", False, 0)
    assert found is not None and found.route == "understand"


def test_the_model_is_not_asked_where_a_rule_fits() -> None:
    writer = FakeWriter()
    choose_route(writer, "draw a cat", image=False)
    assert writer.prompts == []


def test_the_model_decides_the_rest_and_says_so() -> None:
    found = choose_route(FakeWriter("draw"), "<maeve>, watercolour", image=False)
    assert found.route == "generate"
    assert found.stage is not None and found.stage.attempts[0].raw == "draw"


def test_in_doubt_it_only_answers() -> None:
    found = choose_route(FakeWriter("banana", "??"), "<maeve>, watercolour", image=False)
    assert found.route == "understand"
    assert found.stage is not None and found.stage.by == "fallback"


@pytest.mark.parametrize(
    "text",
    [
        "<maeve>'s favourite food is what again",
        "<maeve>'s birthday is when",
        "<maeve> lives where",
        "<kai> speaks which languages",
        "<maeve> is how old",
        "<maeve> likes cheese, doesn't she",
        "btw <maeve> what do you know",
        "By the way, <maeve>, where does she sleep",
        "Remember <maeve>'s birthday?",
        "Remember <maeve>?",
    ],
)
def test_a_question_without_its_mark_is_no_fact(text: str) -> None:
    found = route_by_rules(text, False, 1)
    assert found is None or found.route == "understand"


@pytest.mark.parametrize(
    "text",
    [
        "<maeve> sleeps when it rains",
        "<kai> eats what we eat",
        "btw <maeve> is three",
        "by the way, <maeve> will be three in May",
        "add that <maeve> likes cheese",
        "Add to your notes that <maeve> bites",
        "remember <maeve>'s birthday is in May",
        "<maeve> loves Doctor Who.",
        "<maeve>'s favourite band is The Who",
        "btw <maeve>, has two dogs",
    ],
)
def test_what_is_told_is_a_fact_beside_a_picture_too(text: str) -> None:
    found = route_by_rules(text, True, 1)
    assert found is not None and found.route == "remember"


def test_another_thing_is_still_added_to_a_picture() -> None:
    things = ("that ball next to <maeve>", "that hat", "a ball", "that <maeve> toy to the picture")
    for text in (*(f"add {thing}" for thing in things), "Add that it is sunny to the picture"):
        found = route_by_rules(text, True, 1)
        assert found is not None and found.route == "edit"


@pytest.mark.parametrize(
    ("text", "forgets"),
    [
        ("delete everything you know about <maeve>", True),
        ("remove what you know about <maeve>", True),
        ("Remove everything in front of <maeve>", False),
        ("remove all the people in the background of <maeve>", False),
    ],
)
def test_forgetting_is_told_from_a_change_of_a_picture(text: str, forgets: bool) -> None:
    said = pleasantry(text, (), photo=False, picture=True)
    assert ("forgotten by talking" in said) is forgets
