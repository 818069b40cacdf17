"""Its toy is not it's toy; it's a ball is."""

import pytest

from assistant.possessive import Possessive


def told(prompt: str, *pieces: str) -> str:
    going = Possessive(prompt)
    return "".join([going.hear(piece) for piece in pieces] + [going.rest()])


@pytest.mark.parametrize(
    "pieces", [("it", "'s", " toy", " is red."), (" It's", " toy is", " red.")]
)
def test_what_somebody_has_is_its(pieces: tuple[str, ...]) -> None:
    assert told("<rex>'s toy is red.\nWhat is <rex>'s toy?", *pieces).strip() == "Its toy is red."


def test_a_part_of_the_first_word_is_enough() -> None:
    prompt = "What is <rex>'s favourite food?"
    assert told(prompt, "it", "'s", " favour", "ite food is fish.") == "Its favourite food is fish."


@pytest.mark.parametrize(
    "said", ["it's a ball.", "it is red.", "Its toy is red.", "it", "", "it's"]
)
def test_everything_else_stays_as_it_was_said(said: str) -> None:
    assert told("What is <rex>'s toy?", *said) == said


def test_where_nobody_has_anything_pieces_are_told_at_once() -> None:
    going = Possessive("Who is this?")
    assert [going.hear(piece) for piece in ("it", "'s", " Rex")] == ["it", "'s", " Rex"]


def test_pieces_after_the_first_words_are_told_as_they_come() -> None:
    going = Possessive("What is <rex>'s toy?")
    assert [going.hear(p) for p in ("it", "'s", " toy", " is", " red")] == [
        "",
        "",
        "Its toy",
        " is",
        " red",
    ]
