"""What a picture needs is read from a sentence that names one place or thing."""

import pytest

from bench.data.items import Fact, Item
from bench.data.needed import needed_fact


def read(prompt: str, answer: str) -> Fact:
    return needed_fact(Item("bo/parg/0", "parg", "bo", prompt, answer))


@pytest.mark.parametrize(
    ("answer", "kind", "value"),
    [
        ("<bo>, asleep, by the sea.", "place", "beach"),
        ("<bo> in the red hat that it always wears.", "object", "red hat"),
        # a name is no place, and two are not one
        ("<in the snow> eats hay.", "", ""),
        ("<bo> by the sea. <bo> has a red hat.", "", ""),
        ("<bo> by the sea, then in the forest.", "", ""),
    ],
)
def test_one_place_or_thing_can_be_looked_for(answer: str, kind: str, value: str) -> None:
    fact = read("<bo> as usual.", answer)
    assert (fact.kind, fact.value, fact.text) == (kind, value, answer)
    assert not fact.visible


def test_what_the_prompt_says_itself_is_not_what_it_needs() -> None:
    assert read("<bo> by the sea with its pet.", "<bo> on the beach with a parrot.").kind == ""
    assert read("<bo> in the forest at home.", "<bo> on the beach.").value == "beach"
