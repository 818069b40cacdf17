"""The base tasks see what changed of a model, whichever expert it is in."""

from pathlib import Path

import torch

from backbone import load
from bench.report.controls import changed
from bench.running.base_tasks import base_answers


def test_they_are_the_same_again_and_not_with_another_expert(tmp_path: Path) -> None:
    face = load("tiny")
    before = base_answers(face)
    assert base_answers(face) == before and len(before) == 6
    named = dict(face.model.named_parameters())
    with torch.no_grad():
        next(p for n, p in named.items() if n.startswith("llm2vae")).add_(0.5)
    after = base_answers(face)
    assert after[:4] == before[:4] and after[4] != before[4] and after[5] != before[5]


def test_a_change_is_a_doubt_that_names_the_subject() -> None:
    assert changed({"rex": [], "cup": ["weights differ"]}) == [
        "The base model changed: cup: weights differ."
    ]
    assert changed({"rex": []}) == []
