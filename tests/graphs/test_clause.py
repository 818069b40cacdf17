"""A sentence about several concepts, one concept at a time."""

import pytest

from graphs.clause import clause

BOTH = "Draw <maeve> with her toy and <kai> in his home."


@pytest.mark.parametrize(
    ("name", "text"),
    [("maeve", "Draw <maeve> with her toy."), ("kai", "Draw <kai> in his home.")],
)
def test_each_gets_the_sentence_s_beginning_and_its_own_part(name: str, text: str) -> None:
    assert clause(BOTH, name, ["maeve", "kai"]).text == text


def test_a_part_goes_back_where_it_was() -> None:
    part = clause(BOTH, "kai", ["maeve", "kai"])
    whole = part.put_back(BOTH, "Draw <kai> by the sea.")
    assert whole == "Draw <maeve> with her toy and <kai> by the sea."


def test_a_sentence_that_begins_with_a_name_keeps_both() -> None:
    request = "<maeve> with her toy and <kai> in his home"
    part = clause(request, "kai", ["maeve", "kai"])
    assert part.put_back(request, "<kai> by the sea") == "<maeve> with her toy and <kai> by the sea"


def test_one_concept_keeps_the_whole_request() -> None:
    assert clause("Draw <maeve> with <rex>.", "maeve", ["maeve"]).text == "Draw <maeve> with <rex>."


def test_what_a_fact_says_is_not_asked_about() -> None:
    request = "Draw <kai> at work. <kai> keeps his car in his garage."
    part = clause(request, "kai", ["kai"])
    assert part.text == "Draw <kai> at work."
    assert part.put_back(request, "Draw <kai> in a shop").startswith(
        "Draw <kai> in a shop. <kai> k"
    )


def test_an_added_fact_goes_behind_the_whole() -> None:
    part = clause(BOTH, "maeve", ["maeve", "kai"])
    assert part.put_back(BOTH, f"{part.text} <maeve> is red.") == f"{BOTH} <maeve> is red."
