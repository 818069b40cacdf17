"""Vectors of words are near where words are shared, and do without what all words share."""

import torch

from backbone.lexicon import Lexicon
from tests.backbone import small


def ids(text: str) -> list[int]:
    return list(text.encode())


def test_order_counts_for_nothing_and_words_for_all() -> None:
    lexicon = Lexicon(small.model())
    said, turned = lexicon.vector(ids("red ball")), lexicon.vector(ids("ball red"))
    assert torch.allclose(said, turned, atol=1e-5)
    assert said @ lexicon.vector(ids("red bell")) > said @ lexicon.vector(ids("ocean"))


def test_what_all_words_share_is_no_likeness() -> None:
    lexicon = Lexicon(small.model())
    lexicon.mean = lexicon.mean + 5
    shifted = lexicon.vector(ids("a")) @ lexicon.vector(ids("z"))
    lexicon.mean = lexicon.mean - 5
    assert shifted > 0.5 > lexicon.vector(ids("a")) @ lexicon.vector(ids("z"))
