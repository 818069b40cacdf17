"""Recognition: yes and no weigh the same, however many there are of each.

``strict`` reads the whole word yes or no that an answer begins with; ``compat`` is UnifyBench's
rule, by which "no" also hides in "not" and "know".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Recognition", "Rule", "area", "is_right", "said", "weighted"]

Rule = Literal["strict", "compat"]
# after quotes or stars at most; "no-one" is another word
_WORD = re.compile(r"[\W_]*(yes|no)(?!['’-]?[^\W_])", re.IGNORECASE)


@dataclass(frozen=True)
class Recognition:
    """Shares told right: of the photos with it, of those without, and their mean."""

    recall: float
    no_recall: float
    weighted: float
    accuracy: float
    positives: int
    negatives: int


def said(answer: str) -> str:
    """Return the whole word "yes" or "no" that an answer begins with, "" if it is another."""
    found = _WORD.match(answer)
    return found[1].lower() if found else ""


def is_right(label: bool, answer: str, rule: Rule = "strict") -> bool:
    """Tell whether an answer says what is so."""
    wanted = "yes" if label else "no"
    if rule == "compat":
        return wanted in answer.lower()
    return said(answer) == wanted


def weighted(labels: Sequence[bool], right: Sequence[bool]) -> Recognition | None:
    """Score answers ``[n]``; None without both kinds, since one alone measures nothing."""
    pairs = list(zip(labels, right, strict=True))
    yes = [good for label, good in pairs if label]
    no = [good for label, good in pairs if not label]
    if not yes or not no:
        return None
    recall, no_recall = sum(yes) / len(yes), sum(no) / len(no)
    accuracy = (sum(yes) + sum(no)) / len(pairs)
    return Recognition(recall, no_recall, (recall + no_recall) / 2, accuracy, len(yes), len(no))


def area(labels: Sequence[bool], margins: Sequence[float]) -> float | None:
    """Return how often a photo with it has a higher margin than one without, ties by half.

    It needs no threshold: 0.5 is chance, whatever a model likes to say.
    """
    pairs = list(zip(labels, margins, strict=True))
    yes = [margin for label, margin in pairs if label]
    no = [margin for label, margin in pairs if not label]
    if not yes or not no:
        return None
    # not pair by pair: photos of many subjects make millions
    ranked = np.sort(no)
    below, upto = (np.searchsorted(ranked, yes, side) for side in ("left", "right"))
    return float((below + upto).sum() / (2 * len(yes) * len(no)))
