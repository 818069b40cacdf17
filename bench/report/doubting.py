"""What should be doubted of results as a whole: too few, not alike, or no better than nothing."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bench.methods.catalog import METHODS
from bench.report.figures import Figures
from bench.running.ledger import Result

__all__ = ["apart", "few", "no_better"]

_FEWEST = 5
# methods and letters of a value that are told
_TOLD, _LETTERS = 4, 80
# what all results of one report must share, by its name in their provenance
_SHARED: tuple[str, ...] = (
    *("suite", "backbone", "device", "bench", "timesteps", "judges", "encoders", "faces"),
    # versions of code make other things of one request, and threads add in another order
    *("code", "threads"),
)
_ANEW = "Run these methods again with the same options in a new folder (--out)."


def few(figures: Figures) -> list[str]:
    """Say that few subjects show little of others."""
    number = len({name for m in figures.values.values() for found in m.values() for name in found})
    if number == 1:
        return ["Only 1 subject was measured: there are no intervals; others may fare otherwise."]
    if 0 < number < _FEWEST:
        return [f"Only {number} subjects were measured: intervals of so few are too narrow."]
    return []


def no_better(figures: Figures, judge: str) -> list[str]:
    """Find methods whose edits fare no better than pictures that were left as they are."""
    found, metric = [], f"edit mean/{judge}"
    nothing = figures.interval("unchanged", metric)
    for method in figures.values:
        ours = figures.interval(method, metric)
        if nothing is None or ours is None or _is_control(method) or ours.mean > nothing.mean:
            continue
        found.append(
            f"{method} edits no better than leaving every picture as it is: its edit mean is "
            f"{ours.mean:.3f}, that of unchanged pictures {nothing.mean:.3f}."
        )
    return found


def _is_control(method: str) -> bool:
    return method in METHODS and bool(METHODS[method].control)


def apart(results: Sequence[Result]) -> list[str]:
    """Say in what results differ that must be the same for their numbers to compare."""
    made = [result for result in results if result.provenance]
    told = [
        _differing(name, [(one.method, one.provenance.get(name)) for one in made], _ANEW)
        for name in _SHARED
    ]
    told += [
        _differing(f"{name} of learning", [(m, r[name]) for m, r in _usual(made, name)], _ANEW)
        for name in ("steps", "seed")
    ]
    judged = [(r.method, r.provenance.get("recogniser")) for r in made if "edit flip" in r.values]
    told.append(
        _differing("who recognises the subject after a removal", judged, "Run ours as well.")
    )
    return [text for text in [*told, *_rows_apart(made)] if text]


def _rows_apart(results: Sequence[Result]) -> list[str]:
    """Say where rows were learned by different code, or by other code than used them."""
    rows = [one for one in results if one.provenance.get("rows")]
    by = [(one.method, one.provenance.get("rows code", "")) for one in rows]
    return [_differing("the code that learned their rows", by, _ANEW), _older(rows)]


def _older(rows: Sequence[Result]) -> str:
    # older results do not say what code learned their rows
    other = [
        (one.method, one.provenance["rows code"])
        for one in rows
        if one.provenance.get("rows code", one.provenance.get("code")) != one.provenance.get("code")
    ]
    if not other:
        return ""
    return f"Results were made with rows that other code learned: {_groups(other)}. {_ANEW}"


def _usual(results: Sequence[Result], name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the recipes by which methods were taught, but for those that change this in them."""
    return [
        (one.method, one.provenance["recipe"])
        for one in results
        if name in one.provenance.get("recipe", {})
        and name not in one.provenance.get("plan", {}).get("changes", {})
    ]


def _differing(what: str, values: Sequence[tuple[str, Any]], hint: str) -> str:
    if len({_told(value) for _, value in values}) < 2:
        return ""
    return f"Results differ in {what}, so they do not compare: {_groups(values)}. {hint}"


def _groups(values: Sequence[tuple[str, Any]]) -> str:
    """Name each value with the methods that have it."""
    by: dict[str, list[str]] = defaultdict(list)
    for method, value in values:
        told = _told(value)
        by[told] += [] if method in by[told] else [method]
    return "; ".join(f"{_short(told)} ({_some(methods)})" for told, methods in sorted(by.items()))


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _short(told: str) -> str:
    if told in ("", "null"):
        return "none"
    return told if len(told) <= _LETTERS else told[: _LETTERS - 1] + "…"


def _some(methods: Sequence[str]) -> str:
    more = len(methods) - _TOLD
    return ", ".join(methods[:_TOLD]) + (f" and {more} more" if more > 0 else "")
