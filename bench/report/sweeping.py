"""How many rows a concept needs: the figures of methods that have fewer, beside each other."""

import re
from collections.abc import Sequence

from bench.metrics.bootstrap import Interval
from bench.report.blocks import Block, Heading, Table, Text
from bench.report.figures import Figures, Names

__all__ = ["sweep_section"]

# begins as the methods with fewer rows do, and has as many of both as ours
_WHOLE, _USUAL = "features-start", 16


def sweep_section(figures: Figures, names: Names, methods: Sequence[str]) -> list[Block]:
    """Give figures by numbers of understanding and generation rows, fewest first."""
    sizes = {method: _rows(method) for method in methods if method in figures.values}
    swept = sorted((size, method) for method, size in sizes.items() if size is not None)
    if not any(method != _WHOLE for _, method in swept):
        return []
    columns = {t: m for t, m in names.columns.items() if m in set(figures.metrics())}
    rows = [
        (
            str(und),
            str(gen),
            method,
            *(_mean(figures.interval(method, m)) for m in columns.values()),
        )
        for (und, gen), method in swept
    ]
    return [
        Heading("Numbers of rows"),
        Text(
            "All of these begin from features of the photos, since the model's own encoder writes "
            "sixteen of each. Means over subjects; intervals stand under Methods."
        ),
        Table(("understanding rows", "generation rows", "method", *columns), rows),
    ]


def _rows(method: str) -> tuple[int, int] | None:
    """Read the numbers of rows off a method's name; None: it is none of these."""
    if method == _WHOLE:
        return _USUAL, _USUAL
    found = re.fullmatch(r"rows-(\d+)-(\d+)", method)
    return (int(found[1]), int(found[2])) if found else None


def _mean(found: Interval | None) -> str:
    return "–" if found is None else f"{found.mean:.3f}"
