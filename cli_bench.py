"""``omni bench``: build a bench of subjects, run methods over it, and report what came out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_options import Listing, Model, run_default
from cli_output import Quiet, note, print_json, print_table, say, say_path
from omni_errors import InputError

if TYPE_CHECKING:
    from bench.data.items import Bench

__all__ = ["app"]

app = typer.Typer(
    help="Measure methods on subjects of your own.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Subjects = Annotated[
    Path, typer.Option("--subjects", help="A folder with a folder of photos for each subject.")
]
Out = Annotated[Path, typer.Option("--out", help="The folder of the bench and its results.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="What is drawn by lot follows from it.")]
Summary = Annotated[
    Path | None, typer.Option("--json", help="Also write the summary to this file.")
]


@app.callback()
def group(context: typer.Context) -> None:
    """Measure methods on subjects of your own; without a command, list what there is."""
    run_default(context, "list")


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the suites and the methods."""
    from bench.methods.catalog import METHODS
    from bench.running.suites import SUITES

    if as_json:
        methods = [{"name": one.name, "about": one.about} for one in METHODS.values()]
        suites = [{"name": one.name, "about": one.about} for one in SUITES.values()]
        print_json({"suites": suites, "methods": methods})
        return
    print_table(("suite", "what it is"), [(s.name, s.about) for s in SUITES.values()])
    say("")
    print_table(("method", "what it is"), [(m.name, m.about) for m in METHODS.values()])


@app.command()
def build(
    subjects: Subjects,
    out: Out = Path("bench-out"),
    seed: Seed = 0,
    held_out: Annotated[
        int, typer.Option("--held-out", min=1, help="Photos of each subject kept for asking.")
    ] = 2,
) -> None:
    """Build the bench only: splits, questions, prompts and edits, each with its origin."""
    from bench.data.opening import open_bench

    bench = open_bench(subjects, out / "bench", seed=seed, held_out=held_out)
    counts = bench.counts()
    print_table(("task", "items"), [(task, str(count)) for task, count in counts.items()])
    _note_lacks(bench)
    say_path(out / "bench" / "bench.json")


def _note_lacks(bench: "Bench") -> None:
    """Say what a bench was built without, and what nothing in it asks for."""
    from bench.data.leftovers import left_out

    for text in left_out(bench):
        note(text)
    for name, facts in bench.made.get("unasked", {}).items():
        note(f"Nothing asks for these facts of {name}: {'; '.join(facts)}.")


def _check_summary(file: Path | None) -> None:
    """Look whether the summary can be written before hours of work, and make its folder.

    Raises:
        InputError: if it cannot.
    """
    if file is None:
        return
    hint = "Name another file with --json."
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        folder, mine = file.is_dir(), os.access(file if file.exists() else file.parent, os.W_OK)
    except OSError as error:
        raise InputError(
            f"--json {file} cannot be written: {error.strerror}.", hint=hint
        ) from error
    if folder or not mine:
        why = "it is a folder" if folder else "it is not yours to write"
        raise InputError(f"--json {file} cannot be written: {why}.", hint=hint)


@app.command()
def run(
    subjects: Subjects,
    suite: Annotated[str, typer.Option(help="smoke, mini or full.")] = "mini",
    methods: Annotated[
        str, typer.Option(help="Names with commas between, or all; else those of the suite.")
    ] = "",
    model: Model = "omni-mini",
    out: Out = Path("bench-out"),
    json: Summary = None,
    seed: Seed = 0,
    held_out: Annotated[
        int, typer.Option("--held-out", min=1, help="Photos of each subject kept for asking.")
    ] = 2,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes, each with a model of its own.")
    ] = 1,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps of training, in place of the suite's.")
    ] = None,
    judge_model: Annotated[
        str, typer.Option("--judge-model", help="A judge behind --judge-url.")
    ] = "",
    judge_url: Annotated[
        str,
        typer.Option(
            "--judge-url",
            help="An OpenAI-compatible endpoint; pictures and answers are sent to it.",
        ),
    ] = "",
) -> None:
    """Run methods over subjects, and report; finished items are not done again."""
    from bench.data.items import read_bench
    from bench.report.writing import write_report
    from bench.running.failing import SubjectsFailedError
    from bench.running.running import RunOptions, run_bench

    _check_summary(json)
    options = RunOptions(
        suite=suite,
        methods=tuple(name.strip() for name in methods.split(",") if name.strip()),
        model=model,
        seed=seed,
        held_out=held_out,
        workers=workers,
        steps=steps,
        judge_url=judge_url,
        judge_model=judge_model,
    )
    failed: SubjectsFailedError | None = None
    with Quiet() as quiet:
        try:
            run_bench(subjects, out, options, on_step=quiet.step)
        except SubjectsFailedError as error:
            # the others are done, and are reported first
            failed = error
    summary = write_report(out, json)
    _say_summary(summary)
    _note_lacks(read_bench(out / "bench"))
    say_path(out / "report.md")
    if failed is not None:
        raise failed


@app.command()
def report(
    out: Out = Path("bench-out"),
    json: Summary = None,
) -> None:
    """Write the report of results that are there."""
    from bench.report.writing import write_report

    _check_summary(json)
    _say_summary(write_report(out, json))
    say_path(out / "report.md")


def _say_summary(summary: dict[str, Any]) -> None:
    rows = [
        (row["method"], row["metric"], f"{row['mean']:.3f}", _interval(row["low"], row["high"]))
        for row in summary["means"]
        if row["main"]
    ]
    print_table(("method", "metric", "mean", "95 %"), rows)
    for control in summary["controls"]:
        if not control["noticed"]:
            said = "went unnoticed" if control["measured"] else "cannot be measured"
            note(f"The control {control['control']!r} {said}: {control['why']}")
    for doubt in summary["doubts"]:
        note(doubt)


def _interval(low: float | None, high: float | None) -> str:
    """Write an interval, a dash where one subject has none."""
    return "–" if low is None or high is None else f"{low:.3f}–{high:.3f}"
