"""Who is said to be in a photo follows from two kinds of evidence, and from nothing else."""

from dataclasses import replace
from unittest.mock import Mock

import pytest

from graphs.options import RecognitionOptions
from graphs.ports import Known, Near
from graphs.recognition import decide, evidence, in_doubt, strength

OPTIONS = RecognitionOptions(strength=0.3, behind=0.05, margin_weight=0.01, most_margin=5)


@pytest.mark.parametrize(
    ("strengths", "sure"),
    [
        ({}, []),
        ({"a": 0.29}, []),
        ({"a": 0.3}, ["a"]),
        ({"a": 0.6, "b": 0.4}, ["a"]),
        ({"a": 0.6, "b": 0.56, "c": 0.2}, ["a", "b"]),
    ],
)
def test_strong_enough_and_hardly_behind(strengths: dict[str, float], sure: list[str]) -> None:
    assert [one for one, said in decide(strengths, OPTIONS).items() if said] == sure


def test_the_models_word_counts_a_little_and_no_more() -> None:
    assert strength(0.3, 2.0, OPTIONS) == pytest.approx(0.32)
    assert strength(0.3, 99.0, OPTIONS) == pytest.approx(0.35)
    assert strength(0.3, None, OPTIONS) == 0.3


def test_the_model_is_asked_only_where_it_matters() -> None:
    assert in_doubt({"a": 0.9, "b": 0.1}, OPTIONS) == ()
    assert in_doubt({"a": 0.31, "b": 0.1}, OPTIONS) == ("a",)
    assert in_doubt({"a": 0.6, "b": 0.5}, OPTIONS) == ("b",)


def test_without_weight_the_model_is_never_asked() -> None:
    deaf = RecognitionOptions(margin_weight=0.0)
    assert in_doubt({"a": deaf.strength}, deaf) == ()


def test_those_who_are_asked_about_are_weighed_however_far_they_are() -> None:
    known = [Known(f"c{n}", f"name{n}", "dog", 1) for n in range(5)]
    near = [Near(one.id, 0.5 - 0.1 * n) for n, one in enumerate(known)]
    photos, eyes = Mock(), Mock()
    photos.nearest.side_effect = lambda image, count: near[:count]
    eyes.margin.return_value = 0.0
    found = evidence("a.png", known, photos, eyes, replace(OPTIONS, candidates=2), ["c4"])
    assert {one.concept for one in found} == {"c0", "c1", "c4"}
