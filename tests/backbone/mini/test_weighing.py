"""Evidence in words becomes log odds, and is read where the number stands."""

import pytest
import torch

from backbone.mini.answering import yes_or_no_lessons
from backbone.mini.gallery import Gallery
from backbone.mini.weighing import Told, _reading, log_odds, tell_shares
from backbone.mini.world import World
from tests.backbone import small


def test_log_odds_are_even_at_a_half_and_bounded() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(0.9) == pytest.approx(-log_odds(0.1))
    assert log_odds(1.0) == -log_odds(0.0) == 4


def test_lessons_are_told_any_likeness_before_the_question(world: World) -> None:
    made = yes_or_no_lessons(Gallery(world, 6), 8)
    told, odds = tell_shares(made)
    for given, plain, share in zip(told, made, odds, strict=True):
        line, question = given.turns[0][0].split("\n")
        assert question == plain.turns[0][0] and given.turns[0][1] == plain.turns[0][1]
        number = int(line.split(" %")[0].split()[-1])
        assert log_odds(number / 100) == pytest.approx(float(share), abs=1e-5)
    assert min(odds) < -1 and max(odds) > 1


def test_signs_are_read_and_other_tokens_say_nothing() -> None:
    states, signs = small.noise(300, 8), torch.arange(0, 300, 3)
    odds = 2 * states[signs, 1]
    states[signs, 0] += 5
    told = Told(states, signs, signs + 1, odds)
    asking = small.noise(100, 8, seed=5) - 5 * torch.eye(8)[2]
    line = _reading(told, small.noise(300, 8, seed=4), asking)
    assert torch.corrcoef(torch.stack([states[signs] @ line, odds]))[0, 1] > 0.9
    assert (states[signs] @ line).mean().abs() < 0.3
    assert (asking @ line).mean().abs() < 0.3
