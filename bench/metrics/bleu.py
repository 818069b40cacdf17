"""BLEU as UnifyBench means it: over characters, weights 0.7 and 0.3, smoothing method 1.

The formula is that of Papineni et al. 2002; method 1 of Chen and Cherry 2014 puts a tenth where
no n-gram fits. Ordinary word BLEU-4 gives other numbers.
"""

import math
from collections import Counter

__all__ = ["character_bleu"]

_WEIGHTS = (0.7, 0.3)
_EPSILON = 0.1


def character_bleu(reference: str, prediction: str) -> float:
    """Return the BLEU of a prediction, 0 to 1."""
    shares = [_precision(reference, prediction, n + 1) for n in range(len(_WEIGHTS))]
    if not shares[0][0]:
        # without one character in common nothing is smoothed
        return 0.0
    logs = [
        weight * math.log((hits or _EPSILON) / total)
        for weight, (hits, total) in zip(_WEIGHTS, shares, strict=True)
    ]
    return _brevity(len(reference), len(prediction)) * math.exp(sum(logs))


def _precision(reference: str, prediction: str, n: int) -> tuple[int, int]:
    """Count the n-grams of a prediction that the reference has as often, and all."""
    there, made = _grams(reference, n), _grams(prediction, n)
    hits = sum(min(count, there[gram]) for gram, count in made.items())
    return hits, max(sum(made.values()), 1)


def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[start : start + n] for start in range(len(text) - n + 1))


def _brevity(reference: int, prediction: int) -> float:
    if prediction > reference:
        return 1.0
    return math.exp(1 - reference / prediction) if prediction else 0.0
