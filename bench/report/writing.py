"""The whole report of a folder of results: Markdown, HTML and a summary in JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.data.items import read_bench
from bench.metrics.encoders import CLIP_NAME
from bench.report import sections
from bench.report.blocks import as_html, as_markdown
from bench.report.controls import changed, doubts, find_controls, forgotten, read_checks
from bench.report.doubting import apart, few, no_better
from bench.report.figures import Figures, Names, collect, gather, methods_of, mixed
from bench.report.marks import agreements, same_to_all, unmarked
from bench.report.replaying import replay_section
from bench.report.sheets import write_sheets
from bench.report.sweeping import sweep_section
from bench.report.trust import covered, trust_section
from bench.report.trying import tried_of
from bench.running.ledger import Result
from omni_errors import NotFoundError

__all__ = ["write_report"]

_TITLE = "OmniPBench"


def write_report(out: Path, summary_file: Path | None = None) -> dict[str, Any]:
    """Write report, contact sheets and ``summary.json``, and return the summary.

    Raises:
        NotFoundError: if nothing was run there.
    """
    if not (out / "run.json").is_file():
        raise NotFoundError(
            f"There are no results in {out}.", hint="Run `omni bench run --subjects DIR` first."
        )
    run, bench = json.loads((out / "run.json").read_text("utf-8")), read_bench(out / "bench")
    results = collect(out)
    methods = methods_of(results)
    hard = {item.id for item in bench.items if item.hard}
    figures, checks = gather(results, hard), read_checks(out)
    names, tried = _names(results), tried_of(checks, results)
    controls, without = find_controls(figures, checks, names.judge), unmarked(results)
    kept = forgotten(out)
    doubted = [
        *doubts(figures, tried, mixed(results), same_to_all(results)),
        *(one.doubt for one in without if one.doubt),
        *no_better(figures, names.judge),
        *few(figures),
        *apart(results),
        *changed(kept),
    ]
    agreed, seen = agreements(results), covered(out, results)
    blocks = [
        *sections.head(bench, run, names),
        *sections.main_table(figures, names, methods),
        *trust_section(controls, doubted, tried, checks["reader"], agreed, kept, seen, without),
        *sections.kinds(figures, names, methods),
        *sections.ablation(figures, names),
        *sweep_section(figures, names, methods),
        *replay_section(results, methods),
        *sections.curve_of_exemplars(figures, names),
        *sections.planes(out, results),
        *sections.pictures(bench, results, methods),
        *sections.subjects_table(figures, names, methods),
        *sections.everything(figures, methods),
    ]
    write_sheets(out, bench, results, methods)
    (out / "report.md").write_text(as_markdown(_TITLE, blocks, out), "utf-8")
    (out / "report.html").write_text(as_html(_TITLE, blocks, out), "utf-8")
    summary = {
        "run": run,
        "judge": names.judge,
        "encoder": names.encoder,
        "means": _means(figures, names, methods),
        "per_subject": figures.values,
        "controls": [asdict(control) for control in controls],
        "doubts": doubted,
        "checks": checks,
        "unmarked": [asdict(one) for one in without],
        "agreement": [asdict(one) for one in agreed],
        "forgetting": kept,
        "seconds": _seconds(results),
    }
    for file in (out / "summary.json", *([summary_file] if summary_file else [])):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return summary


def _names(results: Sequence[Result]) -> Names:
    """Show the farthest judge and CLIP where they are there, else what is always there."""
    judges = {name for result in results for name in result.provenance.get("judges", [])}
    asked = sorted(name for name in judges if name.startswith("endpoint/"))
    encoders = {name for result in results for name in result.provenance.get("encoders", [])}
    encoder = CLIP_NAME if CLIP_NAME in encoders else "efficientnet-lite0"
    return Names(asked[0] if asked else "rules", encoder)


def _means(figures: Figures, names: Names, methods: Sequence[str]) -> list[Mapping[str, Any]]:
    main = set(names.columns.values())
    rows: list[Mapping[str, Any]] = []
    for method in methods:
        for metric in sorted(figures.values.get(method, {})):
            found = figures.interval(method, metric)
            if found is not None:
                told = {"method": method, "metric": metric, "main": metric in main}
                told["items"] = figures.items.get((method, metric), 0)
                rows.append(told | asdict(found))
    return rows


def _seconds(results: Sequence[Result]) -> dict[str, float]:
    found: dict[str, float] = {}
    for result in results:
        found[result.method] = round(found.get(result.method, 0.0) + result.seconds, 1)
    return found
