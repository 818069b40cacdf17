"""Examples the generation stage sees again and again, and what of them need not be made twice.

Reading a caption and encoding pictures cost more than the expert's own step. What is new every
time is noise, time and whether the condition is dropped; that is enough for some tens of passes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from numpy.random import default_rng
from torch import Tensor

from backbone.mini.pixels import Bytes

if TYPE_CHECKING:
    from backbone.mini.generation import Example

__all__ = ["DROP", "PictureMemory", "Pool"]

_SEED = 12
# share of examples whose condition is left out
DROP = 0.1


class Pool:
    """Make each of a number of examples once, in a new order every pass."""

    def __init__(self, size: int, make: "Callable[[int], Example]") -> None:
        self.size, self.make = size, make
        self.made: dict[int, Example] = {}

    def batch(self, step: int, count: int) -> "list[Example]":
        """Return the examples of a step; the same ones whenever it is asked for."""
        rng = default_rng([_SEED, step])
        places = range(step * count, (step + 1) * count)
        return [
            replace(self._take(self._number(place)), dropped=bool(rng.random() < DROP))
            for place in places
        ]

    def _number(self, place: int) -> int:
        order = default_rng([_SEED, 1, place // self.size]).permutation(self.size)
        return int(order[place % self.size])

    def _take(self, number: int) -> "Example":
        if number not in self.made:
            self.made[number] = self.make(number)
        return self.made[number]


class PictureMemory:
    """Keep what an encoder said of pictures that are kept themselves."""

    def __init__(self, encode: Callable[[Sequence[Bytes]], Tensor], limit: int = 20000) -> None:
        self.encode, self.limit = encode, limit
        # a picture is held beside its code, so that its id stays its own
        self.kept: dict[int, tuple[Bytes, Tensor]] = {}

    def codes(self, pictures: Sequence[Bytes]) -> Tensor:
        """Return codes ``[n, ...]`` in bfloat16 of pictures whose codes have one size."""
        new = {id(picture): picture for picture in pictures if id(picture) not in self.kept}
        if new:
            made = self.encode(list(new.values())).to(torch.bfloat16)
            for (key, picture), code in zip(new.items(), made, strict=True):
                self.kept[key] = (picture, code)
        stacked = torch.stack([self.kept[id(picture)][1] for picture in pictures])
        while len(self.kept) > self.limit:
            self.kept.pop(next(iter(self.kept)))
        return stacked

    def latents(self, pictures: Sequence[Bytes]) -> Tensor:
        """Return scaled latents ``[n, z, h, w]`` in float32 of pictures of one size."""
        return self.codes(pictures).float()
