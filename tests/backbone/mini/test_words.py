"""Captions, questions and text for replay: filled templates, balance, splits."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator

from backbone.mini.captions import caption, description, request
from backbone.mini.questions import KINDS, ask, questions
from backbone.mini.replay_text import TEXT_KINDS, facts, text_example
from backbone.mini.scene import Scene
from backbone.mini.words import plural, tidy, with_article
from backbone.mini.world import World

Write = Callable[[Scene, Generator], str]
REPLAY = json.loads(
    (Path(__file__).parents[3] / "backbone/mini/data/replay.json").read_text("utf-8")
)


@pytest.mark.parametrize("write", [caption, request, description])
def test_every_caption_is_filled_and_tidy(world: World, rng: Generator, write: Write) -> None:
    for index in range(150):
        subject = world.subject(rng) if index % 2 else None
        text = write(world.scene(rng, subject=subject), rng)
        assert "{" not in text and "  " not in text and " ." not in text
        assert ("<sks>" in text) == (subject is not None)


def test_a_caption_names_place_and_small_object(world: World, rng: Generator) -> None:
    scene = world.scene(rng, subject=world.subject(rng), place="kitchen", small="red ball")
    text = caption(scene, rng)
    assert "red ball" in text
    assert "kitchen" in text or "table" in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_question_gets_an_answer(world: World, rng: Generator, kind: str) -> None:
    made = [ask(world.scene(rng, place="meadow"), kind, rng) for _ in range(40)]
    asked = [question for question in made if question is not None]
    assert asked
    assert all("{" not in f"{q.question}{q.answer}" and q.key for q in asked)


def test_yes_and_no_are_balanced(world: World) -> None:
    rng = np.random.default_rng(1)
    absent = world.absent_names(rng, 20)
    keys = [
        question.key
        for _ in range(400)
        for question in questions(world.scene(rng), rng, absent)
        if question.key in ("yes", "no")
    ]
    assert 0.44 < keys.count("yes") / len(keys) < 0.56


def test_answers_agree_with_the_scene(world: World, rng: Generator) -> None:
    for _ in range(60):
        scene = world.scene(rng)
        keys = {question.kind: question.key for question in questions(scene, rng)}
        assert keys.get("place", scene.place) == scene.place
        assert keys.get("time", scene.time) == scene.time
        assert keys.get("weather", scene.weather) == scene.weather


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("red apple", "red apples"),
        ("fish", "fish"),
        ("cup of coffee", "cups of coffee"),
        ("box", "boxes"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    ("noun", "phrase"),
    [("apple", "an apple"), ("unicorn", "a unicorn"), ("jeans", "jeans"), ("bread", "bread")],
)
def test_articles(noun: str, phrase: str) -> None:
    assert with_article(noun) == phrase


def test_tidy_closes_gaps() -> None:
    assert tidy(" a  cat  on the beach .") == "a cat on the beach."


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_text_examples_are_filled(rng: Generator, kind: str, split: str) -> None:
    for _ in range(40):
        made = text_example(rng, kind, split=split)
        assert made.prompt and made.answer
        assert "{" not in made.prompt + made.answer


def test_training_text_never_uses_attributes_kept_for_measuring(rng: Generator) -> None:
    kept = [entry["noun"] for entry in REPLAY["attributes"].values() if entry["split"] == "test"]
    nouns = [noun for noun in kept if noun not in ("book", "pet")]
    texts = [text_example(rng).prompt for _ in range(400)]
    assert not any(f"'s {noun}" in text for noun in nouns for text in texts)


def test_train_and_test_share_no_phrasing() -> None:
    for task in ("requests", "plain", "profiles"):
        assert not set(REPLAY[task]["train"]) & set(REPLAY[task]["test"])


def test_a_composed_prompt_keeps_the_name_and_holds_the_value(rng: Generator) -> None:
    for _ in range(60):
        made = text_example(rng, "compose", exemplars=2)
        name = made.answer[made.answer.index("<") : made.answer.index(">") + 1]
        assert name in made.prompt.split("\n\n")[-1]
        assert made.key == "NONE" or made.key in made.answer


@pytest.mark.parametrize("exemplars", [0, 3, 6])
def test_the_prompt_has_as_many_exemplars_as_asked(rng: Generator, exemplars: int) -> None:
    made = text_example(rng, "parse", exemplars=exemplars)
    assert made.prompt.count("\n\n") == exemplars + 1
    assert made.answer == "NONE" or made.answer.endswith("?")


def test_unknown_facts_are_not_in_the_prompt(rng: Generator) -> None:
    made = text_example(rng, "unknown")
    assert made.answer in REPLAY["unknown"]


def test_facts_about_one_entity_differ_in_attribute(rng: Generator) -> None:
    told = facts("<sks>", 6, rng)
    assert len({fact.attribute for fact in told}) == 6
    assert all("<sks>" in fact.text for fact in told)
