"""Facts of a record are read however people write them, and none is dropped in silence."""

from typing import Any

import numpy as np
import pytest

from bench.data.facts import invent, read_facts, tells, understood
from omni_errors import InputError


def texts(record: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(fact.text, fact.visible) for fact in read_facts(record, "a/concept.json")]


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({"facts": ["its toy is red."]}, [("its toy is red", False)]),
        ({"facts": "its toy is red"}, [("its toy is red", False)]),
        ({"facts": {"text": "it is old", "visible": True}}, [("it is old", True)]),
        ({"facts": {"home": "Paris", "toys": ["ball", "bone"]}},
         [("its home is Paris", False), ("its toys are ball and bone", False)]),
        ({"facts": {"visible": ["it is red"], "not_visible": ["it is old"]}},
         [("it is red", True), ("it is old", False)]),
        ({"visible_facts": ["it is red"], "facts not visible": ["it is old"]},
         [("it is red", True), ("it is old", False)]),
        ({"facts": {"visible": ["it is red"], "home": "Paris"}},
         [("it is red", True), ("its home is Paris", False)]),
        ({"visible": {"facts": ["it is red"], "hat": "blue"}},
         [("it is red", True), ("its hat is blue", True)]),
        ({"facts": {"non-visible": ["it is old"], "unseen": "it is deaf"}, "seen": "it is red"},
         [("it is old", False), ("it is deaf", False), ("it is red", True)]),
        ({"hidden": ["it is old", "It is old.", ""], "facts": None}, [("it is old", False)]),
        ({"class": "dog", "source": "a website", "licence": "CC0"}, []),
    ],
)  # fmt: skip
def test_facts_are_read_as_people_write_them(
    record: dict[str, Any], wanted: list[tuple[str, bool]]
) -> None:
    assert texts(record) == wanted


@pytest.mark.parametrize(
    "given",
    [True, 5, [5], {"home": None}, {"home": []}, ["   "], [{"text": 4}], {"is_hungry": True}],
)
def test_what_is_no_fact_is_named(given: object) -> None:
    with pytest.raises(InputError, match=r"in a/concept\.json is no"):
        texts({"facts": given})


@pytest.mark.parametrize(
    "text",
    ["its home is not on the beach", "her home is far from the beach", "it never saw a beach"],
)
def test_what_is_denied_is_not_looked_for(text: str) -> None:
    assert understood(text, visible=False).kind == ""
    assert understood("its home is on the beach", visible=False).value == "beach"


def test_a_prompt_that_says_the_fact_gives_it_away() -> None:
    fact = understood("its blue umbrella is broken", visible=False)
    assert tells("A photo of <bo> with its blue umbrella.", fact)
    assert not tells("A photo of <bo> with its umbrella.", fact)


def test_invented_facts_are_not_all_of_one_noun() -> None:
    dealt = invent(4, ["cup"] * 4, np.random.default_rng(0))
    assert {fact.noun for facts in dealt for fact in facts} == {
        "home", "favourite place", "toy", "gift"
    }  # fmt: skip
