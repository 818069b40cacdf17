"""What the looking heads take along are the main components of what they see."""

import torch

from backbone.mini.gazing import _components
from tests.backbone import small


def test_components_have_unit_variance_and_are_the_largest() -> None:
    states = small.noise(400, 6) * torch.tensor([5.0, 3.0, 1.0, 0.1, 0.1, 0.1])
    found = (states - states.mean(0)) @ _components(states, 2).T
    torch.testing.assert_close(found.var(0), torch.ones(2), rtol=0.02, atol=0)
    assert abs(float(torch.corrcoef(torch.stack([found[:, 0], states[:, 0]]))[0, 1])) > 0.99
