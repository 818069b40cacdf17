"""Names say yes to strangers equally seldom once they are levelled."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
import torch

from backbone import ConceptTokens
from backbone.face import Backbone
from learning import levelling
from learning.levelling import level


class Doubtful:
    """A model whose margins fall by a slope with the doubt in a name; it is its own reading."""

    def __init__(self, tiny: Backbone, before: float, slope: float) -> None:
        self.model, self.writer, self.before, self.slope = tiny.model, self, before, slope
        self.rows = ConceptTokens.random("ball", tiny.config, torch.Generator().manual_seed(3))
        self.rows.sks.data.zero_()

    def read(self, rows: Any) -> "Doubtful":
        return self

    def margins(self, reading: Any, asked: Sequence[tuple[Any, str]]) -> list[float]:
        assert {question for _, question in asked} == {"Is <ball> in this photo?"}
        return [self.before - self.slope * self.doubted] * len(asked)

    def doubt(self, rows: ConceptTokens, amount: float) -> None:
        rows.sks.add_(amount)

    @property
    def doubted(self) -> float:
        return float(self.rows.sks.detach()[0, 0])

    def levelled(self) -> float:
        level(cast(Backbone, self), self.rows)
        return self.before - self.slope * self.doubted


@pytest.mark.parametrize("before", [-3.5, -2.3, -1.0])
@pytest.mark.parametrize("slope", [0.5, 0.8, 1.5])
def test_strangers_lie_where_they_shall(tiny: Backbone, before: float, slope: float) -> None:
    assert Doubtful(tiny, before, slope).levelled() == pytest.approx(levelling._LEVEL, abs=1e-4)


def test_a_name_does_not_move_out_of_sight(tiny: Backbone) -> None:
    far = Doubtful(tiny, 90.0, 0.8)
    far.levelled()
    assert far.doubted == pytest.approx(levelling._MOST)


@pytest.mark.parametrize("slope", [0.0, -0.2])
def test_what_does_not_lower_margins_leaves_a_name(tiny: Backbone, slope: float) -> None:
    stuck = Doubtful(tiny, 1.0, slope)
    stuck.levelled()
    assert stuck.doubted == pytest.approx(0, abs=1e-6)


def test_a_model_without_encoders_leaves_names_as_they_are(tiny: Backbone) -> None:
    rows = ConceptTokens.random("ball", tiny.config, torch.Generator().manual_seed(3))
    before = rows.sks.detach().clone()
    level(tiny, rows)
    assert torch.equal(rows.sks, before)
