"""Who may attend to whom (BAGEL specification §12).

A sequence is a list of splits: causal text, full images, noise images. Every token carries five
numbers; one formula turns them into masks, for packed training and for cached inference alike.

Letters: ``B`` rows, ``T`` tokens of a query kind, ``S`` keys.
"""

from enum import IntEnum
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["NONE", "SplitMode", "TokenMap", "allowed", "join"]

# the sample of padding, and the opening of samples that share none
NONE = -1


class SplitMode(IntEnum):
    """Name the three ways a split attends inside itself."""

    CAUSAL = 0
    FULL = 1
    NOISE = 2


class TokenMap(NamedTuple):
    """Place tokens ``[B, T]``: all int64.

    ``sample`` is -1 for padding and less for an opening that samples share; ``opening`` is the
    one a token's sample goes on from, -1: none.
    """

    sample: Tensor
    opening: Tensor
    # number in the sequence
    place: Tensor
    split: Tensor
    mode: Tensor
    # rotary position
    rope: Tensor
    # place on the nominal grid of a picture in 64ths of a token; -1: none
    row: Tensor
    column: Tensor

    def to(self, device: torch.device) -> "TokenMap":
        """Move to a device, in 32 bits: masks of thousands of tokens are large."""
        return TokenMap(*(column.to(device, torch.int32) for column in self))

    @property
    def tokens(self) -> int:
        """Count the tokens of a row, padding included."""
        return self.sample.shape[1]


def allowed(queries: TokenMap, keys: TokenMap) -> Tensor:
    """Decide for every query and key ``[B, T, S]``: True where the query may look.

    Same sample, or the opening it goes on from; not later, unless both lie in one image; and a
    noise image is seen by nobody outside it.
    """
    same_split = queries.split[:, :, None] == keys.split[:, None]
    key_mode = keys.mode[:, None]
    key_sample = keys.sample[:, None]
    same_sample = queries.sample[:, :, None] == key_sample
    before = queries.opening[:, :, None] == key_sample
    not_later = keys.place[:, None] <= queries.place[:, :, None]
    together = same_split & (key_mode != SplitMode.CAUSAL)
    visible = (key_mode != SplitMode.NOISE) | same_split
    known = (same_sample | before) & (key_sample != NONE)
    return known & (not_later | together) & visible


def join(maps: list[TokenMap]) -> TokenMap:
    """Put maps side by side along the token axis."""
    return TokenMap(*(torch.cat(parts, dim=1) for parts in zip(*maps, strict=True)))
