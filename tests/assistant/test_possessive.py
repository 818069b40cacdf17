"""Its toy is not it's toy; it's a ball is."""

import pytest

from assistant.possessive import Possessive


def told(prompt: str, *pieces: str) -> str:
    going = Possessive(prompt)
    return "".join([going.hear(piece) for piece in pieces] + [going.rest()])


@pytest.mark.parametrize("said", ["it's toy is red.", " It's toy is red.", "it’s toy is red."])
def test_what_somebody_has_is_its(said: str) -> None:
    assert told("<rex>'s toy is red.\nWhat is <rex>'s toy?", *said).strip() == "Its toy is red."


def test_what_was_not_asked_by_its_name_is_its_if_it_is_something() -> None:
    said = told("Where does <rex> live?", "it", "'s", " home", " is", " here.")
    assert said == "Its home is here."


def test_a_part_of_the_first_word_is_enough() -> None:
    prompt = "What is <rex>'s favourite food?"
    assert told(prompt, "it", "'s", " favour", "ite food is fish.") == "Its favourite food is fish."


@pytest.mark.parametrize("said", ["it's a ball.", "it is red.", "Its toy.", "it", "", "it's"])
def test_everything_else_stays_as_it_was_said(said: str) -> None:
    assert told("What is <rex>'s toy?", *said) == said


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ("age", "it's a secret."),
        ("instrument", "it's in the attic."),
        ("day off", "it's of no use."),
    ],
)
def test_the_beginning_of_a_word_is_not_the_word(thing: str, said: str) -> None:
    assert told(f"What is <rex>'s {thing}?", *said) == said


def test_what_does_not_begin_so_is_told_at_once() -> None:
    going = Possessive("Who is this?")
    assert [going.hear(piece) for piece in ("This", " is", " Rex")] == ["This", " is", " Rex"]


def test_pieces_after_the_first_words_are_told_as_they_come() -> None:
    going = Possessive("What is <rex>'s toy?")
    heard = [going.hear(piece) for piece in ("it", "'s", " toy", " is", " red")]
    assert heard == ["", "", "", "Its toy is", " red"]
