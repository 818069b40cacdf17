"""A pool gives every example once a pass, the same whenever a step is asked for."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from backbone.mini.generation import Example
from backbone.mini.pixels import Bytes
from backbone.mini.pool import PictureMemory, Pool


def make(number: int) -> Example:
    picture = np.full((8, 8, 3), number, np.uint8)
    return Example(str(number), picture, picture, picture[..., 0])


def test_every_pass_shows_every_example_once_in_another_order() -> None:
    pool = Pool(12, make)
    first = [e.text for step in range(3) for e in pool.batch(step, 4)]
    second = [e.text for step in range(3, 6) for e in pool.batch(step, 4)]
    assert sorted(first) == sorted(second) == sorted(map(str, range(12)))
    assert first != second


def test_a_step_is_the_same_after_a_restart() -> None:
    again, pool = Pool(12, make), Pool(12, make)
    pool.batch(0, 4)
    before, after = pool.batch(5, 4), again.batch(5, 4)
    assert [(e.text, e.dropped) for e in before] == [(e.text, e.dropped) for e in after]


def test_some_conditions_are_dropped_and_differently_each_pass() -> None:
    pool = Pool(20, make)
    dropped = [e.dropped for step in range(100) for e in pool.batch(step, 20)]
    assert 0.05 < np.mean(dropped) < 0.15


def test_a_picture_is_encoded_once() -> None:
    calls: list[int] = []

    def encode(pictures: Sequence[Bytes]) -> Tensor:
        calls.append(len(pictures))
        return torch.stack([torch.from_numpy(p).float().mean((0, 1)) for p in pictures])

    memory, (one, two) = PictureMemory(encode), (make(1).target, make(2).target)
    first, both = memory.latents([one]), memory.latents([one, two])
    assert calls == [1, 1]
    assert torch.equal(first[0], both[0])
