"""The sections of a report: each a function from figures to blocks."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bench.data.edits import dropped_edits
from bench.data.items import Bench
from bench.data.leftovers import left_out
from bench.methods.catalog import METHODS
from bench.methods.players import ANSWER_TOKENS
from bench.metrics.bootstrap import Interval
from bench.metrics.encoders import CLIP_NAME
from bench.report.blocks import Block, Chart, Heading, Pictures, Table, Text
from bench.report.charts import Point, curve, scatter
from bench.report.figures import Figures, Names
from bench.report.rows import lay_out, rows_of_method
from bench.report.sheets import drawn_by
from bench.running.ledger import Result
from omni_errors import ResourceError

__all__ = [
    "ablation",
    "curve_of_exemplars",
    "everything",
    "head",
    "kinds",
    "main_table",
    "pictures",
    "planes",
    "subjects_table",
]

_SHOWN_SUBJECTS = 6


@cache
def paper() -> dict[str, Any]:
    """Read the paper's Table 2."""
    text = (Path(__file__).parent / "paper.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _said(found: Interval | None) -> str:
    if found is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.mean:.3f}"
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def head(bench: Bench, run: Mapping[str, Any], names: Names) -> list[Block]:
    """Say what was measured, with what, and what the columns are not."""
    options, counts = run["options"], bench.counts()
    items = ", ".join(f"{count} {task}" for task, count in counts.items() if count)
    image = "CLIP-I" if names.encoder == CLIP_NAME else "a stand-in, not CLIP-I"
    return [
        Text(
            f"Suite {options['suite']}, model {options['model']}, {len(bench.subjects)} subjects, "
            f"seed {options['seed']}, bench {bench.hash} ({items} in all; a suite does a part of "
            f"them), torch {run['torch']}."
        ),
        Text(
            f"Image columns: cosine of {names.encoder} ({image}). Judge columns: {names.judge}. "
            "Means are over subjects, each the mean of its items; in brackets the 95 % bootstrap "
            "interval over subjects, where there are several. A dash: the method does not do it, "
            "or nothing measures it here."
        ),
        *(Text(text) for text in (_chosen(run, names), *_notes(bench, run)) if text),
    ]


def _chosen(run: Mapping[str, Any], names: Names) -> str:
    """Say that rows were chosen by what the image columns are measured with, if so."""
    if names.encoder == CLIP_NAME or run["options"]["model"] != "omni-mini":
        return ""
    return (
        f"omni-mini sees through {names.encoder} itself: by it the photo that first generation "
        "rows are written from is chosen, and which rows of a training are kept. So the image "
        "columns favour methods with rows over the others; among those they compare."
    )


def _notes(bench: Bench, run: Mapping[str, Any]) -> list[str]:
    return [_unlike(bench), _missing(run), _dropped(bench), *left_out(bench)]


def _unlike(bench: Bench) -> str:
    """Say of UnifyBench in what a run here is not its own."""
    if bench.origin != "unifybench":
        return ""
    return (
        f"The data is UnifyBench's, the protocol is not: one image is drawn for each prompt "
        f"(theirs: 4), answers end at {ANSWER_TOKENS} tokens (theirs: 100), and edit items are "
        "ours. Metrics named compat are computed as theirs are."
    )


def _missing(run: Mapping[str, Any]) -> str:
    """Name what was not opened, since its columns are not there."""
    missing: Mapping[str, str] = run.get("missing", {})
    told = [f"{name} ({reason.rstrip('.')})" for name, reason in missing.items()]
    return f"Not opened, so that it measured nothing here: {'; '.join(told)}." if told else ""


def _dropped(bench: Bench) -> str:
    found = dropped_edits(bench)
    told = ", ".join(f"{count} {kind}" for kind, count in found.items())
    return f"Edit items that checks dropped when the bench was built: {told}." if found else ""


def main_table(figures: Figures, names: Names, methods: Sequence[str]) -> list[Block]:
    """Put all methods beside each other."""
    columns = _filled(figures, names)
    rows = [
        (method, *(_said(figures.interval(method, metric)) for metric in columns.values()))
        for method in methods
        if method in figures.values
    ]
    about = [(name, METHODS[name].about) for name in methods if name in METHODS]
    return [
        Heading("Methods"),
        Table(("method", *columns), rows),
        Table(("method", "what it is"), about),
    ]


def _filled(figures: Figures, names: Names) -> dict[str, str]:
    """Leave out the columns that no method has."""
    there = set(figures.metrics())
    return {title: metric for title, metric in names.columns.items() if metric in there}


def ablation(figures: Figures, names: Names) -> list[Block]:
    """Give the ablations in the shape of the paper's Table 2, its numbers marked as such."""
    ours = {m.paper_row: m.name for m in METHODS.values() if m.paper_row}
    rows: list[tuple[str, ...]] = []
    for title, theirs in paper()["rows"].items():
        method = ours[title]
        mean = [figures.interval(method, metric) for metric in names.columns.values()]
        rows.append((f"{title} ({method})", *(_said(found) for found in mean)))
        said = [f"{number:.3f}" if number is not None else "–" for number in theirs]
        rows.append(("other work, other model", *said))
    blocks: list[Block] = [Heading("Ablations"), Table(("", *names.columns), rows)]
    return [*blocks, Text(paper()["about"]), *_differences(figures, names)]


def _differences(figures: Figures, names: Names) -> list[Block]:
    columns = _filled(figures, names)
    controls = {name for name, method in METHODS.items() if method.control}
    others = [name for name in figures.values if name != "ours" and name not in controls]
    rows = [
        (method, *(_said(figures.difference("ours", method, m)) for m in columns.values()))
        for method in others
        if "ours" in figures.values
    ]
    if not rows:
        return []
    return [
        Text("Ours less each method, subject by subject; an interval on one side of 0 shows it."),
        Table(("ours less", *columns), rows),
    ]


def _point(count: int, found: Interval) -> Point:
    """Place a mean; without an interval its line has no length."""
    low, high = (found.mean if bound is None else bound for bound in (found.low, found.high))
    return Point(count, found.mean, low, high)


def curve_of_exemplars(figures: Figures, names: Names) -> list[Block]:
    """Draw PARG over the number of exemplars (Fig. 6b)."""
    points, counts = [], (0, 2, 4, 6)
    for count in counts:
        found = figures.interval(f"exemplars-{count}", f"parg judge/{names.judge}")
        if found is not None:
            points.append(_point(count, found))
    if not points:
        wanted = ", ".join(f"exemplars-{count}" for count in counts)
        lacking = (
            f"The curve of PARG over exemplars needs one of the methods {wanted}; none was run."
        )
        return [Heading("Exemplars"), Text(lacking)]
    chart = curve(points, "PARG by exemplars", "exemplars shown to replay", "PARG score")
    said = paper()["exemplars"]
    return [
        Heading("Exemplars"),
        Chart("exemplars", chart),
        Text(f"Other work, other model: {said['0']:.2f} with none, {said['6']:.2f} with six."),
    ]


def planes(out: Path, results: Sequence[Result]) -> list[Block]:
    """Lay token rows out with and without decoupling (Fig. 6a)."""
    blocks: list[Block] = []
    # the first two begin alike
    titles = {
        "coupled": "without decoupling",
        "gen-features": "with decoupling, begun like coupled",
        "ours": "with decoupling",
    }
    for method, title in titles.items():
        try:
            plane = lay_out(*rows_of_method(out, results, method))
        except ResourceError as error:
            return [Heading("Token rows"), Text(str(error))]
        if plane is None:
            continue
        svg = scatter({"understanding": plane.und, "generation": plane.gen}, title)
        blocks += [Text(f"Rows {title} ({method}), by t-SNE:"), Chart(f"rows-{method}", svg)]
        if not plane.one_width:
            blocks.append(
                Text(
                    "The two experts of this model differ in width, so rows of the two kinds lie "
                    "apart by construction; that they do shows nothing about what was learned."
                )
            )
    return [Heading("Token rows"), *blocks] if blocks else []


def subjects_table(figures: Figures, names: Names, methods: Sequence[str]) -> list[Block]:
    """Give every subject's values."""
    columns = _filled(figures, names)
    blocks: list[Block] = [Heading("Subject by subject")]
    for method in (m for m in methods if m in figures.values):
        mine = figures.values[method]
        subjects = sorted({name for metric in columns.values() for name in mine.get(metric, {})})
        rows = []
        for subject in subjects:
            cells = [mine.get(metric, {}).get(subject) for metric in columns.values()]
            rows.append((subject, *("–" if c is None else f"{c:.3f}" for c in cells)))
        if rows:
            blocks += [Text(f"{method}:"), Table(("subject", *columns), rows)]
    return blocks


def kinds(figures: Figures, names: Names, methods: Sequence[str]) -> list[Block]:
    """Give what is counted over few items apart: kinds of edits, facts and photos, and flips."""
    by_judge = (f"edit mean/{names.judge} (", f"parg judge/{names.judge} (")
    alone = ("edit flip", "edit ssim outside", "faces without", "faces references without")
    starts = (*by_judge, "rec no (", "edit distance ")
    shown = [m for m in figures.metrics() if m in alone or m.startswith(starts)]
    if not shown:
        return []
    return [
        Heading("Kind by kind"),
        Text(
            "Edits by what they change, PARG by the kind of fact that is needed, recognition of "
            "photos without the subject: hard ones show another thing of its class. A flip is a "
            "removal after which the subject is no longer recognised, of those where it was "
            "before; the rows of ours recognise it for all methods where they were taught, else "
            "each method's own. What destroys a picture flips it too, as the control black shows. "
            "Outside the mask an edit is to change nothing: structural similarity 1, and distance "
            "in an encoder's features 0, which stands in for LPIPS. Faces are compared where both "
            "sides have one: faces without is the share of drawings that have none, faces "
            "references without that of the photos learned from. n counts items."
        ),
        _counted(figures, shown, methods),
    ]


def _counted(figures: Figures, metrics: Sequence[str], methods: Sequence[str]) -> Table:
    """Put metrics below each other, each with the number of its items."""
    rows = []
    for metric in metrics:
        cells = []
        for method in methods:
            count = figures.items.get((method, metric))
            said = _said(figures.interval(method, metric))
            cells.append(f"{said}, n {count}" if count else said)
        rows.append((metric, *cells))
    return Table(("metric", *methods), rows)


def everything(figures: Figures, methods: Sequence[str]) -> list[Block]:
    """Give every number there is, compat variants and other judges included."""
    return [
        Heading("Every metric"),
        Text("n counts items."),
        _counted(figures, figures.metrics(), methods),
    ]


def pictures(bench: Bench, results: Sequence[Result], methods: Sequence[str]) -> list[Block]:
    """Show what each method drew of the same item, beside a photo."""
    by_item = drawn_by(results)
    drawn = {method for found in by_item.values() for method in found}
    shown = [m for m in methods if m in drawn and m not in ("black", "real")]
    rows = []
    for subject in bench.subjects[:_SHOWN_SUBJECTS]:
        for task in ("draw", "parg", "edit"):
            item = next((i for i in bench.of(subject.name, task) if i.id in by_item), None)
            if item is not None:
                first = f"bench/{item.image if task == 'edit' else subject.train[0]}"
                name = f"{subject.name}: {item.text}"
                rows.append((name, [first, *(by_item[item.id].get(m, "") for m in shown)]))
    if not rows:
        return []
    said = (
        "The first request of each task, nothing picked, of the first subjects; all subjects are "
        "on sheet-draw.jpg, sheet-parg.jpg and sheet-edit.jpg beside this report."
    )
    return [Heading("Pictures"), Text(said), Pictures(("request", "photo", *shown), rows)]
