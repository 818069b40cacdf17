"""Figures count what is right, and ask about what was never trained on."""

from dataclasses import replace

import pytest

from backbone.mini.lessons import Lesson
from backbone.mini.measure import Case, Figure, cases, measure, right, table, weighted_recognition
from backbone.mini.world import World
from tests.backbone.mini.small_reader import reader


def case(figure: str, key: str, answer: str = "") -> Case:
    return Case(figure, Lesson("ask", (("?", answer),)), key)


@pytest.mark.parametrize(
    ("given", "said", "good"),
    [
        (case("recognise yes", "yes"), "Yes, <sks> is here.", True),
        (case("recognise no", "no"), "Nothing at all", False),
        (case("who", "<sks2>"), "This is <sks2>.", True),
        (case("who", "<sks1> and <sks2>"), "<sks2> and <sks1>", True),
        (case("nobody", ""), "Nobody I know.", True),
        (case("see colour", "red"), "It is red.", True),
        (case("see colour", "red"), "It is bored.", False),
        (case("read taught", "a red ball"), "A red ball!", True),
        (case("read parse", "NONE", "NONE"), "NONE", True),
        (case("read compose", "on the beach", "x"), "<a> on the beach", True),
        (case("read unknown", ""), "I don't know.", True),
    ],
)
def test_an_answer_is_right_by_its_bare_fact(given: Case, said: str, good: bool) -> None:
    assert right(given, said) is good


def test_cases_are_the_same_every_time_and_answer_themselves(world: World) -> None:
    for kind in ("recognise", "who", "see", "read"):
        first, again = list(cases(world, kind, 4)), list(cases(world, kind, 4))
        assert [c.lesson.turns for c in first] == [c.lesson.turns for c in again]
        assert all(right(c, c.lesson.turns[0][1]) for c in first)


def test_weighted_recognition_is_the_mean_of_both_shares() -> None:
    figures = [Figure("recognise yes", 3, 4), Figure("recognise no", 1, 4)]
    assert weighted_recognition(figures) == 0.5
    assert weighted_recognition(figures[:1]) is None
    assert "weighted           0.500" in table(figures)


def test_any_state_of_a_model_can_be_measured(world: World) -> None:
    figures = measure(reader(), world, 2, kinds=("recognise", "who"))
    assert {f.name for f in figures} >= {"recognise yes", "recognise no"}
    assert sum(f.cases for f in figures) == 4
    assert all(f.right <= f.cases for f in figures)
    assert replace(figures[0], right=1, cases=2).share == 0.5
