"""What an answer rested on is told in a few lines, and in full when asked."""

from typing import Any

import pytest

from cli_why import flat, rested_on, summary

DRAWN: dict[str, Any] = {
    "route": "generate",
    "why": "it asks for a picture",
    "concepts": [{"id": "1", "name": "Maeve", "how": "by name"}],
    "versions": {"Maeve": 2},
    "questions": ["What is <Maeve>'s toy?", "What is <Maeve>'s hat?"],
    "answers": ["<Maeve>'s toy is red.", ""],
    "prompt": "Draw <Maeve> with a red toy.",
    "seed": 7,
    "stages": [
        {"stage": "parse", "by": "fallback", "result": "NONE", "why": "is empty", "attempts": []},
        {"stage": "compose", "by": "fallback", "result": "Draw", "why": "lost the fact"},
    ],
    "evidence": [],
    "facts": {},
    "asked": [],
}


def test_a_picture_is_told_by_what_was_looked_up_and_drawn() -> None:
    asked = ("What is Maeve's toy? Maeve's toy is red.", "What is Maeve's hat? nothing known")
    assert summary(DRAWN) == [
        ("wanted", "a picture (it asks for a picture)"),
        ("about", "Maeve, tokens 2"),
        ("looked up", "\n".join(asked)),
        ("drawn from", "Draw Maeve with a red toy. (seed 7)"),
        ("done without the model", "compose: what it wrote lost the fact"),
    ]


def test_of_much_evidence_only_the_first_is_told() -> None:
    seen = {"sure": True, "similarity": 0.5, "strength": 0.5, "margin": 1.25}
    evidence = [{**seen, "name": f"Rex {number}"} for number in range(9)]
    facts = {"Rex": [f"He has {number} balls." for number in range(9)]}
    told = dict(summary({"route": "recognise", "evidence": evidence, "facts": facts}))
    assert told["photos"].splitlines()[0] == (
        "Rex 0: seen, alike by 0.50; the model's own word counts +1.2"
    )
    assert (len(told["photos"].splitlines()), told["facts"].splitlines()[-1]) == (3, "and 6 more")


def test_what_was_asked_back_is_told_with_its_answer() -> None:
    asked = [{"kind": "unknown", "question": "Who is bella?", "answer": "Maeve"}]
    assert ("asked back", "Who is bella? Maeve") in summary({"route": "generate", "asked": asked})


@pytest.mark.parametrize("trace", [{}, {"forgotten": True}, {"facts": ["She is old."]}])
def test_traces_of_other_forms_are_told_as_far_as_they_go(trace: dict[str, Any]) -> None:
    assert summary(trace) == ([("facts", "She is old.")] if "facts" in trace else [])


def test_other_tokens_than_then_are_told() -> None:
    changed = {"Maeve": {"then": 2, "now": 3}, "Rex": {"then": 1, "now": None}}
    told = dict(summary({**DRAWN, "tokens_changed": changed}))["other tokens than then"]
    assert told.splitlines() == ["Maeve: 3 now, 2 then", "Rex: none now, 1 then"]


def test_nested_data_is_laid_out_in_lines() -> None:
    data = {"facts": ["a", "b"], "scores": [{"name": "Rex", "value": 0.25}], "seed": None, "x": ""}
    assert flat(data) == [("facts", "a\nb"), ("scores 1 name", "Rex"), ("scores 1 value", "0.250")]


def test_what_only_a_program_can_read_is_left_out() -> None:
    id = "18eafb65a041718e62467f492a98c020"
    trace = {
        "key": "k",
        "image": id,
        "concepts": [{"id": id, "name": "Rex"}],
        "route": "understand",
    }
    assert rested_on(trace) == [("concepts 1 name", "Rex"), ("route", "understand")]
