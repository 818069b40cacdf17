"""From results to numbers: a value for each method, metric and subject, and means of these.

The mean of a metric is over subjects, each the mean of its own items, as the paper's are.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.metrics.agreement import kappa
from bench.metrics.bootstrap import Interval, bootstrap
from bench.metrics.encoders import CLIP_NAME, DINO_NAME
from bench.metrics.recognition import weighted
from bench.running.ledger import Result, read_results

__all__ = ["Agreement", "Figures", "Names", "agreements", "collect", "gather", "mixed"]

_SEED = 20261203
Values = dict[str, dict[str, dict[str, float]]]


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
            "PARG": f"parg judge/{self.judge}",
            "PARG image": f"parg image/{shown}",
            "Edit SC": f"edit sc/{self.judge}",
            "Edit PQ": f"edit pq/{self.judge}",
            "Edit mean": f"edit mean/{self.judge}",
        }


@dataclass(frozen=True)
class Figures:
    """Values by method, metric and subject."""

    values: Values

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


def collect(folder: Path, methods: Sequence[str]) -> list[Result]:
    """Read the results of methods, the last one of each item."""
    last: dict[tuple[str, str], Result] = {}
    for file in sorted((folder / "results").glob("*.jsonl")):
        for result in read_results(file):
            if result.method in methods:
                last[result.method, result.item] = result
    return list(last.values())


def mixed(results: Iterable[Result]) -> list[str]:
    """Name the methods whose results of one subject were made with different settings."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in results:
        settings = str(result.provenance.get("settings", ""))
        seen[result.method, result.subject].add(settings)
    return sorted({method for (method, _), found in seen.items() if len(found) > 1})


def gather(results: Iterable[Result]) -> Figures:
    """Average items within subjects, and weigh recognition."""
    grouped: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        grouped[result.method, result.subject].append(result)
    values: Values = {}
    for (method, subject), made in grouped.items():
        for metric, value in _subject_values(made).items():
            values.setdefault(method, {}).setdefault(metric, {})[subject] = value
    return Figures(values)


def _subject_values(results: Sequence[Result]) -> dict[str, float]:
    kept: dict[str, list[float]] = defaultdict(list)
    for result in results:
        if result.task == "rec":
            continue
        for metric, value in result.values.items():
            kept[metric].append(value)
        if result.task == "edit" and result.kind:
            for metric, value in result.values.items():
                if metric.startswith("edit mean/"):
                    kept[f"{metric} ({result.kind})"].append(value)
    return {metric: float(np.mean(found)) for metric, found in kept.items()} | _recognised(results)


def _recognised(results: Sequence[Result]) -> dict[str, float]:
    asked = [result.values for result in results if result.task == "rec"]
    values: dict[str, float] = {}
    for rule, metric in (("right", "rec"), ("right compat", "rec compat"), ("right margin", "")):
        rows = [row for row in asked if rule in row]
        score = weighted([bool(r["label"]) for r in rows], [bool(r[rule]) for r in rows])
        if score is not None:
            values[metric or "rec margin"] = score.weighted
            if metric == "rec":
                values |= {"rec yes": score.recall, "rec no": score.no_recall}
    return values


@dataclass(frozen=True)
class Agreement:
    """How far two judges agree on the same things."""

    first: str
    second: str
    kappa: float | None
    same: float
    cases: int


def agreements(results: Iterable[Result]) -> list[Agreement]:
    """Compare the marks of every two judges."""
    marks: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    for result in results:
        for judge, verdict in result.verdicts.items():
            if isinstance(verdict.get("mark"), float | int):
                marks[judge][result.method, result.item] = float(verdict["mark"])
    names = sorted(marks)
    return [
        _agreement(names[a], names[b], marks[names[a]], marks[names[b]])
        for a in range(len(names))
        for b in range(a + 1, len(names))
    ]


def _agreement(
    first: str,
    second: str,
    ours: Mapping[tuple[str, str], float],
    theirs: Mapping[tuple[str, str], float],
) -> Agreement:
    both = sorted(ours.keys() & theirs.keys())
    pair = [ours[key] for key in both], [theirs[key] for key in both]
    same = sum(a == b for a, b in zip(*pair, strict=True)) / max(len(both), 1)
    return Agreement(first, second, kappa(*pair), same, len(both))
