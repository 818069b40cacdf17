"""After a drawing, "again" and "now in the snow" mean the whole request."""

import pytest

from graphs.followup import follow_up

NAMES = ["maeve", "kai"]
LAST = "Draw <maeve> with <kai>'s ball in the kitchen"


@pytest.mark.parametrize(
    "text", ["again", "Once more, please!", "another one", "one more", "try again", "redo it"]
)
def test_the_same_again_is_the_last_request(text: str) -> None:
    assert follow_up(text, LAST, NAMES) == LAST


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("now in the snow", "in the snow"),
        ("and at night?", "at night"),
        ("same, but with a red hat please", "with a red hat"),
        ("What about on the beach instead?", "on the beach"),
        ("as a watercolour", "as a watercolour"),
    ],
)
def test_what_shall_be_otherwise_is_drawn_of_the_same(text: str, said: str) -> None:
    assert follow_up(text, LAST, NAMES) == f"Draw <maeve> and <kai> {said}"


@pytest.mark.parametrize("text", ["What is that?", "thanks", "in the kitchen <rex> sleeps", "nice"])
def test_anything_else_stays(text: str) -> None:
    assert follow_up(text, LAST, NAMES) == text


def test_without_a_drawing_nothing_follows() -> None:
    assert follow_up("again", "", NAMES) == "again"
    assert follow_up("now in the snow", "Draw a dog", NAMES) == "now in the snow"


def test_nothing_follows_a_drawing_of_who_is_gone_or_called_otherwise() -> None:
    assert follow_up("again", LAST, ["kai"]) == "again"
