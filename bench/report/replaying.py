"""How replay was done: who answered at each of its stages, as the results' traces have it."""

from collections import Counter
from collections.abc import Sequence

from bench.report.blocks import Block, Heading, Table, Text
from bench.running.ledger import Result

__all__ = ["replay_section"]

_STAGES = ("parse", "recall", "compose")
_BY = {"model": "first reply", "retry": "retry", "fallback": "fallback", "profile": "profile"}


def replay_section(results: Sequence[Result], methods: Sequence[str]) -> list[Block]:
    """Give each method's shares of replies at every stage that was reached."""
    counts = _counts(results)
    rows = [
        _row(method, stage, counts[method, stage])
        for method in methods
        for stage in _in_order(method, counts)
    ]
    if not rows:
        return []
    return [
        Heading("How replay was done"),
        Text(
            "The share of stages that the model's first reply settled, a reply when it was asked "
            "again, what is taken where no reply passes (at recall: nothing), or the stored "
            "profile. n counts stages; where recall finds nothing, nothing is composed."
        ),
        Table(("method", "stage", *_BY.values(), "other", "n"), rows),
    ]


def _counts(results: Sequence[Result]) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for result in results:
        for stage in result.trace.get("stages") or ():
            key = result.method, str(stage.get("stage", ""))
            found.setdefault(key, Counter())[str(stage.get("by", ""))] += 1
    return found


def _in_order(method: str, counts: dict[tuple[str, str], Counter[str]]) -> list[str]:
    there = {stage for name, stage in counts if name == method}
    return [s for s in _STAGES if s in there] + sorted(there - set(_STAGES))


def _row(method: str, stage: str, counted: Counter[str]) -> tuple[str, ...]:
    whole = counted.total()
    shares = [counted[by] / whole for by in _BY]
    other = sum(count for by, count in counted.items() if by not in _BY) / whole
    return (method, stage, *(f"{share:.0%}" for share in (*shares, other)), str(whole))
