"""What a picture shows is read by maps that lessons give, and said by the answers' first words."""

import numpy as np
import pytest
import torch

from backbone.mini import seeing
from backbone.mini.questions import ask
from backbone.mini.seeing import Facts, find_facts, other_questions, vision_lessons
from backbone.mini.world import World
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.mini import small_reader


@pytest.mark.parametrize("kind", seeing.KINDS)
def test_lessons_of_a_kind_answer_with_the_bare_fact(world: World, kind: str) -> None:
    made = vision_lessons(world, kind, 5)
    assert len(made) == 5
    assert all(given.image is not None and len(given.turns) == 1 for given in made)
    scene = world.scene(np.random.default_rng(2))
    asked = ask(scene, kind, np.random.default_rng(2))
    assert asked is None or len(f"{asked.key}.".split()) <= 3


def test_lessons_are_the_same_whenever_they_are_made(world: World) -> None:
    first, again = (vision_lessons(world, "place", 4) for _ in range(2))
    assert [given.turns for given in first] == [given.turns for given in again]


def test_other_questions_are_not_of_the_kinds(world: World) -> None:
    texts = [given.turns[0][0] for given in other_questions(world, 12)]
    assert not any(text.startswith(("Where is this?", "How many")) for text in texts)


def test_answers_of_a_kind_are_found_in_their_order() -> None:
    names = {"count": ["One", "Two"], "place": ["Beach", "Snow", "City"]}
    facts = Facts(names, torch.zeros(5, 4), torch.zeros(5), {})
    assert facts.rows("count") == slice(0, 2) and facts.rows("place") == slice(2, 5)


def test_log_odds_find_what_pictures_show() -> None:
    labels = np.arange(300) % 3
    states = np.asarray(small.noise(300, 8)) + 4 * np.eye(8)[labels]
    odds, offset, right = seeing._odds(states, labels)
    said = (torch.tensor(states, dtype=torch.float32) @ odds.T + offset).argmax(1)
    assert right > 0.95 and (said.numpy() == labels).mean() > 0.95


def test_pushing_towards_an_answer_leaves_the_others_alone() -> None:
    slopes = small.noise(3, 12)
    moved = seeing.towards(slopes) @ slopes.T
    assert (moved.diagonal() > 0.7).all()
    assert (moved - torch.diag(moved.diagonal())).abs().max() < 0.2


def test_what_all_answers_have_in_common_is_given_up() -> None:
    common = 10 * small.noise(1, 12)
    slopes = common + 0.5 * small.noise(3, 12, seed=3)
    assert seeing.towards(slopes).norm(dim=1).max() < torch.linalg.pinv(slopes).norm(dim=0).max()


def test_facts_are_read_off_pictures(world: World) -> None:
    reader = small_reader.reader()
    lessons = {"weather": vision_lessons(world, "weather", 24)}
    facts = find_facts(reader, lessons)
    assert facts.odds.shape[0] == len(facts.names["weather"])
    assert facts.right["weather"] >= 1 / len(facts.names["weather"])


def test_a_model_without_room_is_refused() -> None:
    with pytest.raises(InputError, match="no room"):
        seeing._written(small_reader.reader(), 400)
