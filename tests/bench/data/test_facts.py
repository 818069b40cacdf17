"""Facts of a record are read however people write them, and none is dropped in silence."""

from typing import Any

import pytest

from bench.data.facts import read_facts
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
