"""Prompts are data: filled without gaps, neutral, and in forms the small model has learned."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from graphs import ReplayOptions
from graphs.data import data
from graphs.exemplars import composer_prompts, parser_prompts
from learning.wording import read_wordings
from omni_errors import InputError

ROOT = Path(__file__).parent.parent.parent
LEARNED: dict[str, Any] = json.loads(
    (ROOT / "backbone" / "mini" / "data" / "replay.json").read_text("utf-8")
)


@pytest.mark.parametrize("task", ["parser", "composer"])
def test_forms_are_those_the_small_model_was_trained_on(task: str) -> None:
    assert all(form in LEARNED[task]["train"] for form in data("replay")[task])


def test_profiles_are_too() -> None:
    assert read_wordings("profile")["form"][0] in LEARNED["profiles"]["train"]


def test_no_placeholder_is_left() -> None:
    prompts = [*parser_prompts("Draw <a>.", 6), *composer_prompts("Draw <a>.", "<a> is red.", 6)]
    assert not [prompt for prompt in prompts if re.search(r"\{\w*\}", prompt)]


def test_exemplars_are_different_neutral_entities() -> None:
    names = [re.findall(r"<(\w+)>", shown["request"])[0] for shown in data("exemplars")]
    assert len(set(names)) == 6
    assert not {"maeve", "kai", "wangkai", "bo", "sks"} & set(names)


def test_exemplars_show_requests_that_need_nothing() -> None:
    none = [shown for shown in data("exemplars") if shown["question"] == "NONE"]
    assert none and all(shown["prompt"] == shown["request"] for shown in none)


@pytest.mark.parametrize("wrong", [{"exemplars": 7}, {"exemplars": -1}, {"source": "web"}])
def test_options_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ReplayOptions(**wrong)
