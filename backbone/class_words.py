"""Everyday words for what a vision encoder was trained to tell apart.

The encoder's 1000 classes are those of ImageNet (ILSVRC 2012), in its order. Many are one word to
anybody but a breeder; landscapes and rooms have none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

__all__ = ["CLASSES", "Guess", "class_words", "guesses"]

CLASSES = 1000
_FILE = Path(__file__).parent / "data" / "class_words.json"


@dataclass(frozen=True)
class Guess:
    """What a picture may show, and how likely that is, 0 to 1.

    What is ``worn`` may be somebody who wears it: people are hardly a class of their own.
    """

    word: str
    probability: float
    worn: bool = False


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


@cache
def class_words() -> tuple[str, ...]:
    """Return the word of each class ``[1000]``, "" where it has none."""
    words = [""] * CLASSES
    for word, spans in _data()["words"].items():
        for number in _numbers(spans):
            words[number] = word
    return tuple(words)


def _numbers(spans: str) -> Iterator[int]:
    """Yield the numbers of spans such as "2 5-7"."""
    for span in spans.split():
        first, _, last = span.partition("-")
        yield from range(int(first), int(last or first) + 1)


def guesses(probabilities: Tensor) -> tuple[Guess, ...]:
    """Add up the classes ``[1000]`` of a word, and return all words, the likeliest first."""
    words = sorted(set(class_words()) - {""})
    of_word = torch.tensor([words.index(w) if w else len(words) for w in class_words()])
    sums = torch.zeros(len(words) + 1).index_add(0, of_word, probabilities.float().cpu())
    worn = _data()["worn"]
    # what has no word stands last, and is left out
    pairs = zip(words, sums[:-1].tolist(), strict=True)
    found = [Guess(word, p, word in worn) for word, p in pairs]
    return tuple(sorted(found, key=lambda guess: -guess.probability))
