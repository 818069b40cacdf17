"""What begins the answering head is found by regression."""

import pytest
import torch
from torch import Tensor, nn

from backbone.mini import answering
from backbone.mini.answering import _logistic, _middle, _ridge, indicator, yes_or_no_lessons
from backbone.mini.gallery import Gallery
from backbone.mini.world import World
from tests.backbone import small
from tests.backbone.mini import small_reader


def test_a_direction_is_one_at_the_places_and_nothing_elsewhere() -> None:
    states, places = small.noise(300, 8), torch.arange(0, 300, 10)
    states[:, 0] = 0
    states[places, 0] = 3
    along = states @ indicator(states, places)
    assert along[places].mean() > 0.9
    assert along.sum() - along[places].sum() < 0.1 * len(states)


def test_what_is_in_the_states_is_read_back() -> None:
    states = small.noise(200, 8)
    wanted = states @ torch.arange(8.0)
    assert torch.corrcoef(torch.stack([states @ _ridge(states, wanted), wanted]))[0, 1] > 0.99


def test_log_odds_change_sign_between_no_and_yes() -> None:
    values = torch.cat([small.noise(80) + 8, small.noise(80, seed=2) + 2])
    slope, offset = _logistic(values, torch.arange(160) < 80)
    assert slope * 8 + offset > 1 and slope * 2 + offset < -1


def test_even_lies_half_way_between_yes_and_no_however_many_there_are() -> None:
    margins = torch.tensor([4.0, 5.0, 6.0, 1.0, 1.0, 1.0, 1.0, -90.0, 90.0])
    assert _middle(margins, torch.arange(9) < 3) == 3


def test_lessons_ask_one_question_and_tell_nothing(world: World) -> None:
    made = yes_or_no_lessons(Gallery(world, 6), 6)
    assert all(len(given.turns) == 1 and given.natural and not given.told for given in made)


def test_the_slope_is_what_heads_of_the_layer_do_to_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, asked = small_reader.reader(), [small_reader.recognition()]
    width = reader.model.config.trunk.understanding.hidden_size
    monkeypatch.setattr(answering, "LAYER", 1)
    monkeypatch.setattr(answering, "told_along", lambda model: torch.ones(width))
    found = answering.look_at(reader, asked)
    along = found.slope / found.slope.norm()
    place, before = int(found.asking[0]), answering._margins(reader, asked).item()

    def turn(_: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
        more = torch.zeros_like(out)
        more[0, place] = 0.01 * along
        return out + more

    layer = reader.model.language_model.model.layers[1]
    layer.get_submodule("self_attn.o_proj").register_forward_hook(turn)
    after = answering._margins(reader, asked).item()
    assert after - before == pytest.approx(0.01 * float(found.slope.norm()), rel=0.05)
