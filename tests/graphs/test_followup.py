"""After a drawing, "again" and "now in the snow" mean the whole request."""

import pytest

from graphs.followup import FollowUp, follow_up

NAMES = ["maeve", "kai", "rex"]
LAST = "Draw <maeve> and <rex> with <kai>'s ball in the kitchen."


@pytest.mark.parametrize(
    "text", ["again", "Once more, please!", "another one", "one more", "try again?", "redo it"]
)
def test_the_same_again_is_the_last_request(text: str) -> None:
    assert follow_up(text, LAST, NAMES) == FollowUp(LAST)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("now in the snow", "in the snow"),
        ("and at night?", "at night"),
        ("What about on the beach instead?", "on the beach"),
        ("No, on the beach.", "on the beach"),
        ("could you draw it in the garden, please?", "in the garden"),
    ],
)
def test_those_who_were_drawn_are_drawn_elsewhere(text: str, said: str) -> None:
    assert follow_up(text, LAST, NAMES) == FollowUp(f"Draw <maeve> and <rex> {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("same, but with a red hat please", "with a red hat"),
        ("as a watercolour", "as a watercolour"),
        ("now wearing a scarf", "wearing a scarf"),
        ("in the style of Picasso", "in the style of Picasso"),
        ("now in black and white", "in black and white"),
        ("no, in a red hat", "in a red hat"),
    ],
)
def test_something_more_is_added_to_what_was_asked_for(text: str, said: str) -> None:
    assert follow_up(text, LAST, NAMES) == FollowUp(f"{LAST[:-1]} {said}")


@pytest.mark.parametrize(
    "text",
    [
        "What is that?",
        "thanks",
        "nice",
        "in the kitchen <rex> sleeps",
        "By the way, Maeve hates rain",
        "By the way Maeve hates rain",
        "in what year was Maeve born?",
        "with whom does she play?",
        "in the picture, remove the hat",
        "on the left, add a ball",
        "In that case, draw Kai",
        "in my opinion it is nice",
        "In the morning she is tired",
        "On second thought, forget it",
    ],
)
def test_anything_else_follows_nothing(text: str) -> None:
    assert follow_up(text, LAST, NAMES) is None


def test_without_somebody_who_was_drawn_nothing_follows() -> None:
    assert follow_up("again", "", NAMES) is None
    assert follow_up("now in the snow", "Draw a dog", NAMES) is None


def test_who_shall_not_be_there_is_not_drawn_elsewhere() -> None:
    last = "Draw <maeve> without <kai>"
    assert follow_up("now in the snow", last, NAMES) == FollowUp("Draw <maeve> in the snow")


def test_nothing_follows_a_drawing_of_who_is_gone_or_called_otherwise() -> None:
    assert follow_up("again", LAST, ["kai"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "now Kai",
        "what about Kai?",
        "the same with Kai",
        "Do the same for kai!",
        "now draw Kai there",
    ],
)
def test_somebody_else_is_drawn_there(text: str) -> None:
    last = "Draw <maeve> in the kitchen with <maeve>'s ball"
    drawn = FollowUp("Draw <kai> in the kitchen with <kai>'s ball")
    assert follow_up(text, last, NAMES) == drawn


def test_in_whose_place_of_two_somebody_is_drawn_is_not_clear() -> None:
    assert follow_up("now Kai", LAST, NAMES) is None


@pytest.mark.parametrize("text", ["in blue", "now in dark blue", "What about in blue?"])
def test_a_colour_changes_the_picture_that_is_there(text: str) -> None:
    found = follow_up(text, "Draw <maeve> in the snow", NAMES, picture=True)
    assert found is not None and found.route == "edit" and "Make <maeve> " in found.text
    drawn = follow_up(text, "Draw <maeve> in the snow", NAMES)
    assert drawn is not None and drawn.text.startswith("Draw <maeve> in ")


@pytest.mark.parametrize(
    ("text", "last", "left"),
    [
        ("without Rex", "Draw <maeve> and <rex> at sea", "Draw <maeve> at sea"),
        ("now without Maeve", "<maeve> and <rex>", "<rex>"),
        ("without Maeve", "Draw <maeve>, <kai> and <rex>", "Draw <kai> and <rex>"),
        ("without Kai", "Draw <maeve>, <kai> and <rex>", "Draw <maeve> and <rex>"),
    ],
)
def test_one_of_several_is_left_out(text: str, last: str, left: str) -> None:
    assert follow_up(text, last, NAMES) == FollowUp(left)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("without Maeve", "Draw <maeve> at sea"),
        ("without Maeve", "Draw <maeve> chasing <kai>"),
        ("without Kai", "Draw <maeve> chasing <kai>"),
    ],
)
def test_who_cannot_be_left_out_simply_is_not(text: str, last: str) -> None:
    assert follow_up(text, last, NAMES) is None


def test_a_name_of_signs_is_left_out() -> None:
    names = ["maeve", "r2(d2"]
    assert follow_up("without r2(d2", "<maeve> and <r2(d2>", names) == FollowUp("<maeve>")
