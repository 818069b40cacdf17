"""What tells subjects apart is found among what varies more."""

import torch
from torch import Tensor
from torch.nn import functional as F

from backbone.mini.telling import telling_directions
from tests.backbone import small


def views() -> Tensor:
    """Make 60 subjects seen 4 times: two components say who it is, eight do not."""
    who = small.noise(60, 1, 2, seed=1).expand(60, 4, 2)
    rest = small.noise(60, 4, 8, seed=2)
    return torch.cat([who + 0.1 * small.noise(60, 4, 2, seed=3), rest], dim=-1)


def test_views_of_one_subject_are_told_from_those_of_others() -> None:
    told = F.normalize(views() @ telling_directions(views(), 2).T, dim=-1)
    same = (told[:, 0] * told[:, 1]).sum(-1)
    other = (told[:, 0] * told.roll(1, 0)[:, 1]).sum(-1)
    assert same.mean() > 0.9 and other.mean().abs() < 0.3


def test_directions_are_the_same_every_time() -> None:
    torch.testing.assert_close(telling_directions(views(), 3), telling_directions(views(), 3))
