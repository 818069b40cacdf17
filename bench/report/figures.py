"""From results to numbers: a value for each method, metric and subject, and means of these.

The mean of a metric is over subjects, each the mean of its own items, as the paper's are.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.methods.catalog import METHODS
from bench.metrics.bootstrap import Interval, bootstrap
from bench.metrics.encoders import CLIP_NAME, DINO_NAME
from bench.metrics.recognition import area, weighted
from bench.running.ledger import Result, read_results

__all__ = ["Figures", "Names", "collect", "gather", "methods_of", "mixed"]

_SEED = 20261203
Values = dict[str, dict[str, dict[str, float]]]
# metrics that are also given for each kind of item, an edit or the fact a picture needs
_BY_KIND = ("edit mean/", "parg judge/")


@dataclass(frozen=True)
class Names:
    """Which judge and encoders the main columns show."""

    judge: str
    encoder: str

    @property
    def columns(self) -> dict[str, str]:
        """Map the columns of the paper's tables to our metrics."""
        shown = self.encoder
        return {
            "Rec": "rec",
            "VQA BLEU": "vqa bleu",
            "VQA judge": f"vqa judge/{self.judge}",
            "QA BLEU": "qa bleu",
            "QA judge": f"qa judge/{self.judge}",
            "Image": f"draw image/{shown}",
            "Text": f"draw text/{CLIP_NAME}",
            "DINO": f"draw image/{DINO_NAME}",
            "Face": "faces",
            "No face": "faces without",
            "PARG": f"parg judge/{self.judge}",
            "PARG image": f"parg image/{shown}",
            "Edit SC": f"edit sc/{self.judge}",
            "Edit PQ": f"edit pq/{self.judge}",
            "Edit mean": f"edit mean/{self.judge}",
            "Edit geo": f"edit geometric/{self.judge}",
        }


@dataclass(frozen=True)
class Figures:
    """Values by method, metric and subject, and how many items stand behind them."""

    values: Values
    items: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def interval(self, method: str, metric: str) -> Interval | None:
        """Return a mean over subjects with its interval; the same every time."""
        found = list(self.values.get(method, {}).get(metric, {}).values())
        seed = [_SEED, zlib.crc32(f"{method} {metric}".encode())]
        return bootstrap(found, np.random.default_rng(seed))

    def difference(self, first: str, second: str, metric: str) -> Interval | None:
        """Return the mean difference over the subjects both have: pairs are far less noisy."""
        ours, theirs = (self.values.get(m, {}).get(metric, {}) for m in (first, second))
        pairs = [ours[name] - theirs[name] for name in ours if name in theirs]
        seed = [_SEED, zlib.crc32(f"{first} {second} {metric}".encode())]
        return bootstrap(pairs, np.random.default_rng(seed))

    def metrics(self) -> list[str]:
        """Name every metric that some method has, in order."""
        return sorted({metric for found in self.values.values() for metric in found})


def collect(folder: Path) -> list[Result]:
    """Read all results there are, the last one of each item."""
    last: dict[tuple[str, str], Result] = {}
    for file in sorted((folder / "results").glob("*.jsonl")):
        for result in read_results(file):
            last[result.key] = result
    return list(last.values())


def methods_of(results: Iterable[Result]) -> list[str]:
    """Name the methods of results in the catalog's order, then those it does not know."""
    there = {result.method for result in results}
    return [name for name in METHODS if name in there] + sorted(there - METHODS.keys())


def mixed(results: Iterable[Result]) -> list[str]:
    """Name the methods whose results of one subject were made with different settings."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in results:
        seen[result.method, result.subject].add(result.settings)
    return sorted({method for (method, _), found in seen.items() if len(found) > 1})


def gather(results: Iterable[Result], hard: Collection[str] = ()) -> Figures:
    """Average items within subjects, and weigh recognition.

    ``hard`` are the items that ask about a photo of another thing of the same class.
    """
    grouped: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.method, result.subject].append(result)
    values: Values = {}
    items: dict[tuple[str, str], int] = defaultdict(int)
    for (method, subject), made in grouped.items():
        found = _averaged(made) | _recognised([one for one in made if one.task == "rec"], hard)
        for metric, (value, count) in found.items():
            values.setdefault(method, {}).setdefault(metric, {})[subject] = value
            items[method, metric] += count
    return Figures(values, dict(items))


def _averaged(results: Sequence[Result]) -> dict[str, tuple[float, int]]:
    """Return means over one subject's items, and how many these are."""
    kept: dict[str, list[float]] = defaultdict(list)
    for result in results:
        for metric, value in result.values.items() if result.task != "rec" else ():
            kept[metric].append(value)
            if result.kind and metric.startswith(_BY_KIND):
                kept[f"{metric} ({result.kind})"].append(value)
    return {metric: (float(np.mean(found)), len(found)) for metric, found in kept.items()}


def _recognised(results: Sequence[Result], hard: Collection[str]) -> dict[str, tuple[float, int]]:
    asked = [result.values for result in results]
    values: dict[str, tuple[float, int]] = {}
    for rule, metric in (("right", "rec"), ("right compat", "rec compat"), ("right margin", "")):
        rows = [row for row in asked if rule in row]
        score = weighted([bool(r["label"]) for r in rows], [bool(r[rule]) for r in rows])
        if score is not None:
            values[metric or "rec margin"] = score.weighted, len(rows)
            if metric == "rec":
                values["rec yes"] = score.recall, score.positives
                values["rec no"] = score.no_recall, score.negatives
    rows = [row for row in asked if "margin" in row]
    ranked = area([bool(r["label"]) for r in rows], [r["margin"] for r in rows])
    if ranked is not None:
        values["rec area"] = ranked, len(rows)
    return values | _negatives(results, hard)


def _negatives(results: Sequence[Result], hard: Collection[str]) -> dict[str, tuple[float, int]]:
    """Give the photos of things of the same class apart from all others."""
    told: dict[str, list[float]] = defaultdict(list)
    for result in results:
        if hard and "right" in result.values and not result.values["label"]:
            kind = "hard" if result.item in hard else "easy"
            told[f"rec no ({kind})"].append(result.values["right"])
    return {metric: (float(np.mean(found)), len(found)) for metric, found in told.items()}
