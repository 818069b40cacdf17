"""Turns that draw and edit: what is asked for, of whom, and in which picture."""

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs.ports import Known
from tests.graphs.fakes import FakeHouse, FakeWriter
from tests.graphs.turns import paused, resumed, turn


def test_what_follows_a_drawing_draws_the_same_otherwise(house: FakeHouse) -> None:
    first = turn(house, "Draw Maeve in the kitchen")["trace"]["request"]
    second = turn(house, "now in the snow", last_request=first)
    turn(house, "again", last_request=second["trace"]["request"])
    said = [prompt for prompt, _ in house.studio.drawn]
    assert said == ["Draw <maeve> in the kitchen", *["Draw <maeve> in the snow"] * 2]


@pytest.mark.parametrize(
    "last", ["paint <maeve> blue", "<maeve>, watercolour", "<maeve> loves tea"]
)
def test_the_same_again_is_drawn_whatever_it_says(house: FakeHouse, last: str) -> None:
    state = turn(house, "again", last_request=last, last_image="old.png", last_concepts=["c1"])
    assert (state["route"], house.studio.drawn) == ("generate", [(last, ("c1",))])


def test_an_edit_by_command_follows_no_drawing(house: FakeHouse) -> None:
    turn(house, "with a red hat", last_request="Draw <maeve>", last_image="a.png", wanted="edit")
    assert house.studio.edited == [("a.png", "with a red hat")]


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("put Maeve on the beach", "Draw <maeve> on the beach"),
        ("picture Maeve on a boat", "Draw <maeve> on a boat"),
        ("show me what Maeve looks like!", "Draw <maeve>"),
        ("let me see Maeve at sea", "Draw <maeve> at sea"),
        ("Please draw Maeve asleep", "draw <maeve> asleep"),
        ("Hello! Would you mind drawing Maeve?", "Draw <maeve>"),
        ("show me what Maeve looks like in the snow", "Draw <maeve> in the snow"),
        ("I want Maeve in blue", "Draw <maeve> in blue"),
        ("can I see Maeve?", "Draw <maeve>"),
        ("can I see my dog Maeve in the snow?", "Draw <maeve> in the snow"),
        ("draw Maeve with a sign that says who?", "draw <maeve> with a sign that says who?"),
        ("What would Maeve look like in the snow?", "Draw <maeve> in the snow"),
        ("gimme a picture of Maeve", "a picture of <maeve>"),
        ("Draw Maeve without Kai", "Draw <maeve>"),
        ("Draw Maeve, not Kai, at sea", "Draw <maeve> at sea"),
        ("Draw Maeve and not Kai", "Draw <maeve>"),
        ("Maeve with a hat that looks like a crown", "<maeve> with a hat that looks like a crown"),
        ("Maeve at sea", "<maeve> at sea"),
    ],
)
def test_a_wish_is_drawn_as_drawings_are_asked_for(house: FakeHouse, said: str, drawn: str) -> None:
    turn(house, said)
    assert house.studio.drawn == [(drawn, ("c1",))]


def test_who_was_drawn_last_is_put_somewhere_else_in_it(house: FakeHouse) -> None:
    turn(house, "put her on the beach", last_image="old.png", last_concepts=["c1"])
    assert house.studio.edited == [("old.png", "put <maeve> on the beach")]


def test_another_than_was_drawn_last_is_not_changed_in_it(house: FakeHouse) -> None:
    state = turn(house, "paint Kai blue", last_image="old.png", last_concepts=["c1"])
    assert state["route"] == "generate"


@pytest.mark.parametrize(
    "said", ["erase around Maeve", "take away from Maeve", "remove all but Maeve"]
)
def test_what_is_around_somebody_is_no_removal_of_them(house: FakeHouse, said: str) -> None:
    turn(house, said, attachment="p.jpg")
    assert house.studio.removed == [""]


def test_beside_a_photo_nothing_follows_a_drawing(house: FakeHouse) -> None:
    turn(house, "now in the snow", last_request="Draw <maeve>", attachment="p.jpg")
    assert house.studio.drawn == []


def test_a_drawing_is_of_the_composed_prompt(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a black excavator"]}
    state = turn(house, "Draw Maeve with her toy.", seed=5)
    assert house.studio.drawn == [("Draw <maeve> with a black excavator.", ("c1",))]
    assert (state["image"], state["trace"]["seed"]) == ("drawn1.png", 5)


def test_an_edit_changes_the_attached_photo(house: FakeHouse) -> None:
    turn(house, "add a red hat", attachment="p.jpg", last_image="old.png")
    assert house.studio.edited == [("p.jpg", "add a red hat")]


@pytest.mark.parametrize(
    "said",
    [
        "please remove Maeve from the photo",
        "remove Maeve",
        "Can you take my dog Maeve out, please?",
        "take Maeve out of this picture!",
        "make Maeve disappear",
        "get rid of Maeve in it",
        # where a photo was dropped at the end
        "take Maeve out of",
    ],
)
def test_removing_a_concept_is_said_as_it_was_trained(house: FakeHouse, said: str) -> None:
    turn(house, said, attachment="p.jpg")
    assert house.studio.edited == [("p.jpg", "remove <maeve>: dog from the photo")]
    assert house.studio.removed == ["c1"]


@pytest.mark.parametrize(
    ("said", "added"),
    [
        ("Add a red ball next to Maeve.", "a red ball"),
        ("put a cup beside her, please", "a cup"),
        ("Give Maeve a red heart", "a red heart"),
        ("Place another ball here", "another ball"),
        ("add a hat to the photo", ""),
        ("put a ball on Maeve", ""),
        ("add a ball on the left", ""),
        ("Add fog.", ""),
        ("add a sunset", ""),
        ("remove the ball", ""),
    ],
)
def test_a_thing_that_is_added_beside_somebody_is_said(
    house: FakeHouse, said: str, added: str
) -> None:
    turn(house, said, attachment="p.jpg", last_concepts=["c1"])
    assert house.studio.added == [(added, "c1")]


def test_what_is_of_a_concept_is_removed_and_the_concept_stays(house: FakeHouse) -> None:
    turn(house, "remove Maeve's hat", attachment="p.jpg")
    assert house.studio.removed == [""]


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("Draw it on the beach", "Draw <maeve> on the beach"),
        ("Could you make a picture of it?", "make a picture of <maeve>"),
        ("draw it again", "draw it again"),
        ("Imagine it is raining", "Imagine it is raining"),
        ("draw the sky when it rains", "draw the sky when it rains"),
    ],
)
def test_it_is_named_where_it_is_to_be_drawn(house: FakeHouse, said: str, drawn: str) -> None:
    turn(house, said, last_concepts=["c1"])
    assert house.studio.drawn == [(drawn, ("c1",))]


def test_it_is_named_in_a_command_to_draw(house: FakeHouse) -> None:
    turn(house, "it at sea", wanted="generate", last_concepts=["c2"])
    assert [prompt for prompt, _ in house.studio.drawn] == ["<kai> at sea"]


def test_of_two_it_is_asked_who_is_to_be_drawn(house: FakeHouse, saver: SqliteSaver) -> None:
    asked = paused(house, saver, "draw it", last_concepts=["c1", "c2"]).asking
    assert asked is not None and asked["question"] == "Whom do you mean: maeve or kai?"
    resumed(house, saver, "kai")
    assert house.studio.drawn == [("draw <kai>", ("c2",))]


@pytest.mark.parametrize(
    ("said", "edited"),
    [
        ("remove her", "remove <maeve>: dog from the photo"),
        ("Remove the dog", "remove <maeve>: dog from the photo"),
        ("paint it blue", "paint <maeve> blue"),
        ("put this on the beach", "put <maeve> on the beach"),
        ("add a ball next to him", "add a ball next to <maeve>"),
        ("make it night", "make it night"),
        ("add a red ball", "add a red ball"),
    ],
)
def test_who_is_in_the_photo_is_changed_without_a_name(
    house: FakeHouse, said: str, edited: str
) -> None:
    house.eyes.seen = {"c1": (0.8, 9.0)}
    state = turn(house, said, attachment="p.jpg")
    assert house.studio.edited == [("p.jpg", edited)]
    assert state["concepts"] == (["c1"] if "<maeve>" in edited else [])


def test_who_is_in_the_photo_is_drawn_without_a_name(house: FakeHouse) -> None:
    house.eyes.seen = {"c1": (0.8, 9.0), "c2": (0.79, 9.0)}
    turn(house, "draw this dog in the snow", attachment="p.jpg")
    assert house.studio.drawn == [("draw <maeve> in the snow", ("c1",))]


@pytest.mark.parametrize(
    "said",
    [
        "Remove that ball",
        "Remove the dog-shaped balloon",
        "Remove the dog bed",
        "Make it black and white",
        "Turn it into a night scene",
        "Swap this background for a wall",
        "Change the background in the photo to a forest",
    ],
)
def test_what_only_sounds_like_who_is_in_the_photo_is_left(house: FakeHouse, said: str) -> None:
    house.eyes.seen = {"c1": (0.8, 9.0)}
    turn(house, said, attachment="p.jpg")
    assert house.studio.edited == [("p.jpg", said)]


@pytest.mark.parametrize("said", ["remove her", "Remove the cat"])
def test_nobody_is_named_where_several_may_be_meant(house: FakeHouse, said: str) -> None:
    house.eyes.seen = {"c1": (0.8, 9.0), "c2": (0.79, 9.0)}
    turn(house, said, attachment="p.jpg")
    assert house.studio.edited == [("p.jpg", said)]


@pytest.mark.parametrize(
    ("said", "edited"),
    [
        ("make it blue", "make <maeve> blue"),
        ("take it out", "remove <maeve>: dog from the photo"),
        ("Make the dog blue", "Make <maeve> blue"),
        ("make it darker", "make it darker"),
    ],
)
def test_it_is_who_was_drawn_last_where_somebody_is_changed(
    house: FakeHouse, said: str, edited: str
) -> None:
    turn(house, said, last_image="old.png", last_concepts=["c1"])
    assert house.studio.edited == [("old.png", edited)]


def test_drawing_stores_no_fact(house: FakeHouse) -> None:
    house.writer = FakeWriter("What is <maeve>'s toy?", "A red ball.")
    turn(house, "Draw Maeve with her toy.")
    assert house.facts.added == []


@pytest.mark.parametrize(
    ("said", "edited"),
    [
        ("add a ball", "add a ball"),
        ("make her bigger", "make <maeve> bigger"),
        ("swap Maeve for Kai", "swap <maeve> for <kai>"),
        ("Add fog.", "Add fog."),
        ("Make the background a beach", "Replace the background: on the beach."),
        ("change the background to the mountains!", "Replace the background: in the mountains."),
        ("Change the background to Mars", "Change the background to Mars"),
        ("in blue", "Make <maeve> blue."),
    ],
)
def test_what_was_just_made_is_changed(house: FakeHouse, said: str, edited: str) -> None:
    before = {"last_image": "a.png", "last_made": True, "last_request": "Draw <maeve>"}
    turn(house, said, last_concepts=["c1"], **before)
    assert house.studio.edited == [("a.png", edited)]


@pytest.mark.parametrize(
    ("said", "edited"),
    [("now in the garden", "Put <maeve> in the garden."), ("and in red?", "Make <maeve> red.")],
)
def test_what_was_just_changed_is_changed_further(house: FakeHouse, said: str, edited: str) -> None:
    turn(house, said, last_image="a.png", last_made=True, last_concepts=["c1"])
    assert house.studio.edited == [("a.png", edited)]


@pytest.mark.parametrize("said", ["remove it", "replace it with a ball"])
def test_just_after_a_change_it_may_be_what_that_brought(house: FakeHouse, said: str) -> None:
    turn(house, said, last_image="a.png", last_made=True, last_concepts=["c1"])
    assert house.studio.edited == [("a.png", said)]


@pytest.mark.parametrize(
    "said", ["Who is the president?", "Add milk to my list", "Put the kettle on", "move on"]
)
def test_what_stands_in_no_picture_changes_none(house: FakeHouse, said: str) -> None:
    state = turn(house, said, last_image="a.png", last_made=True, last_concepts=["c1"])
    assert state["route"] == "understand"


def test_it_is_never_a_person_where_something_is_changed(house: FakeHouse) -> None:
    turn(house, "remove it", last_image="a.png", last_concepts=["c2"])
    assert house.studio.edited == [("a.png", "remove it")]


def test_what_was_made_before_something_else_is_not(house: FakeHouse) -> None:
    state = turn(house, "add a ball", last_image="a.png", last_concepts=["c1"])
    assert (state["route"], house.studio.edited) == ("understand", [])


@pytest.mark.parametrize(
    ("said", "fact", "drawn"),
    [
        ("Draw Kai at home", "Kai's home is a tent", "Draw <kai> in a tent"),
        ("Draw Kai at work", "Kai's place of work is a bakery", "Draw <kai> at a bakery"),
        ("Draw Kai without his toy", "Kai's toy is a drum", "Draw <kai> without his toy"),
    ],
)
def test_a_fact_is_put_where_it_reads_well(
    house: FakeHouse, said: str, fact: str, drawn: str
) -> None:
    house.facts.facts = {"c2": [fact]}
    turn(house, said)
    assert [prompt for prompt, _ in house.studio.drawn] == [drawn]


@pytest.mark.parametrize("said", ["Make <kai>'s toy red", "Change <kai>'s toy to a ball"])
def test_of_what_is_changed_no_fact_is_said(house: FakeHouse, said: str) -> None:
    house.facts.facts = {"c2": ["Kai's toy is a drum"]}
    house.writer = FakeWriter("What is <kai>'s toy?", "What is <kai>'s toy?")
    turn(house, said, attachment="p.jpg")
    assert house.studio.edited == [("p.jpg", said)]


def test_beside_a_photo_her_is_who_is_in_it_and_not_whom_was_spoken_of(house: FakeHouse) -> None:
    house.concepts.known = [Known("c1", "maeve", "dog", 1), Known("c2", "kai", "cat", 1)]
    house.eyes.seen = {"c1": (0.95, 3.0), "c2": (0.1, -3.0)}
    shown = {"attachment": "p.jpg", "last_concepts": ["c2"]}
    assert turn(house, "remove her", **shown)["names"] == ["maeve"]
    house.eyes.seen = {}
    assert turn(house, "remove her", **shown)["names"] == ["kai"]
    house.eyes.seen = {"c1": (0.95, 3.0), "c2": (0.1, -3.0)}
    assert turn(house, "Put her in this photo", **shown)["names"] == ["kai"]
