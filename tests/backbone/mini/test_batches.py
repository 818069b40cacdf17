"""Batches made by other processes are what they would be here, and the same ones every time."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.decoder import Cache, Geometry
from backbone.mini.batches import Batch, Batches, Layout, Shown
from backbone.packing import Item, LatentItem, Packed, lay_out
from backbone.tokenizer import ByteTokenizer
from backbone.words import Words
from tests.backbone import small

WEIGHTS = np.ones((1, 64), np.float32)
MODEL = small.model("apart")
WORDS = Words(MODEL, ByteTokenizer())


def table() -> ConceptTable:
    generator = torch.Generator().manual_seed(1)
    return ConceptTable(260, [ConceptTokens.random("sks", MODEL.config, generator)])


def laid_out(known: ConceptTable) -> Packed:
    picture = LatentItem(torch.zeros(16, 8, 8), noisy=True)
    items: list[Item] = [
        WORDS.prefix("sks", known, GENERATE),
        WORDS.text("<sks> at sea", known),
        picture,
    ]
    return lay_out([[items]], MODEL.tools(known))


def test_a_layout_speaks_of_the_concept_of_the_table_it_is_opened_with() -> None:
    there, here = table(), table()
    opened = Layout.of(laid_out(there), there).packed(here)
    assert opened.und_ids == laid_out(here).und_ids
    assert opened.gen_ids == laid_out(here).gen_ids
    assert opened.und_map.tokens == 48
    assert (opened.und_map.sample[0, laid_out(here).und_map.tokens :] == -1).all()


def test_a_text_that_has_no_room_is_refused() -> None:
    known = table()
    with pytest.raises(ValueError, match="4 at most"):
        Layout.of(laid_out(known), known, width=4)


def open_maker(side: int) -> Callable[[int], list[Shown]]:
    """Make batches of one picture whose colour is the batch's number."""
    known = table()
    layout = Layout.of(laid_out(known), known)

    def make(number: int) -> list[Shown]:
        picture = np.full((1, side, side, 3), number, np.uint8)
        return [Shown(layout, picture, picture, picture[..., 0], None, WEIGHTS)]

    return make


def test_batches_come_again_in_another_order_and_are_kept() -> None:
    seen: list[int] = []

    def ready(made: list[Shown]) -> Batch:
        seen.append(int(made[0].targets.max()))
        return small_batch(torch.tensor(seen[-1]))

    batches: Batches[list[Shown], Batch] = Batches(4, 1, open_maker, 8)
    first = [batches.batch(step, ready) for step in range(4)]
    later = [batches.batch(step, ready) for step in range(4, 12)]
    assert seen == [0, 1, 2, 3]
    assert all(sum(batch is one for one in later) == 2 for batch in first)


def small_batch(data: Tensor) -> Batch:
    return Batch(data, data, data, 1, data, data, Geometry(None, None), Cache(), data, data, data)


def open_slow(seconds: float) -> Callable[[int], int]:
    """Make nothing but numbers, the later ones slowly."""

    def make(number: int) -> int:
        time.sleep(seconds if number > 9 else 0)
        return number

    return make


def test_who_does_not_wait_sees_earlier_batches_meanwhile() -> None:
    batches: Batches[int, int] = Batches(12, 1, open_slow, 1.0, wait=False)
    seen = [batches.batch(step, int) for step in range(30)]
    assert seen[:8] == list(range(8))
    assert set(seen[8:]) <= set(range(12)) and len(batches.kept) < 12
    batches.close()
