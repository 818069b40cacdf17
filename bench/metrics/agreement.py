"""Agreement between two judges, less what chance would give (Cohen 1960)."""

from collections import Counter
from collections.abc import Hashable, Sequence

__all__ = ["kappa"]


def kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Return Cohen's kappa of marks ``[n]``; None where chance alone explains all of them.

    Two judges that give one and the same mark to everything agree, but show nothing by it.
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return None
    agreed = sum(a == b for a, b in pairs) / len(pairs)
    ours, theirs = Counter(first), Counter(second)
    chance = sum(ours[mark] * theirs[mark] for mark in ours) / len(pairs) ** 2
    return None if chance == 1 else (agreed - chance) / (1 - chance)
