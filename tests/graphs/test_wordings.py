"""What the model learned to draw, change and recognise is also what the rules route to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from graphs.router import route_by_rules
from learning.wording import read_wordings

_MINI = Path(__file__).parents[2] / "backbone" / "mini" / "data"
_SLOTS = {
    "m": "<maeve>",
    "a": "a red ball",
    "side": "left",
    "where": "in the snow",
    "colour": "blue",
    "class": "dog",
    "c": "dog",
}


def _data(name: str) -> dict[str, Any]:
    return dict(json.loads((_MINI / f"{name}.json").read_text("utf-8")))


def _edits() -> list[str]:
    return [one.format_map(_SLOTS) for many in _data("edits").values() for one in many]


def _drawings() -> list[str]:
    told = _data("captions")
    said = [f"{head.format(s='<maeve>')} on the beach" for head in told["heads"]]
    return [one.format(c=said[n % len(said)]) for n, one in enumerate(told["requests"])] + said


@pytest.mark.parametrize("text", _edits())
def test_beside_a_photo_a_learned_change_is_one(text: str) -> None:
    found = route_by_rules(text, True, text.count("<"))
    assert found is not None and found.route == "edit"


@pytest.mark.parametrize("text", _drawings())
def test_a_learned_request_for_a_drawing_is_one(text: str) -> None:
    found = route_by_rules(text, False, 1)
    assert found is not None and found.route == "generate"


@pytest.mark.parametrize(
    "text", [one.format_map(_SLOTS) for one in read_wordings("recognition")["ask"]]
)
def test_a_learned_question_whether_somebody_is_there_is_one(text: str) -> None:
    found = route_by_rules(text, True, 1)
    assert found is not None and found.route == "recognise"
