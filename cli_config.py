"""``omni config``: show and change settings."""

from typing import Annotated

import typer

from cli_options import Json, Showing, run_default
from cli_output import note, print_json, print_table, say
from cli_settings import (
    KEYS,
    Value,
    everything,
    file_path,
    find_key,
    in_force,
    read_any,
    value_of,
    write_file,
)
from omni_errors import InputError, NotFoundError

__all__ = ["app"]

app = typer.Typer(
    help="Show and change settings.",
    cls=Showing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="A setting; see `omni config show`.")]


@app.callback()
def group(context: typer.Context) -> None:
    """Show and change settings; without a command, show them."""
    run_default(context, "show")


@app.command()
def show(
    as_json: Json = False,
    origin: Annotated[
        bool, typer.Option("--origin", help="Where each comes from, which is shown in any case.")
    ] = False,
) -> None:
    """Show every setting, its value and where that comes from."""
    values = everything()
    wrong = [value.key.name for value in values if value.wrong]
    if as_json:
        print_json({"settings": [_row(value) for value in values], "file": str(file_path())})
    else:
        rows = [(v.key.name, v.value or "worked out", v.origin, _about(v)) for v in values]
        print_table(("setting", "value", "from", "what it is"), rows)
    if wrong:
        names = ", ".join(wrong)
        note(f"omni: {file_path()} is wrong in {names}. Use `omni config set` or `unset` on each.")
        raise typer.Exit(InputError.exit_code)


def _row(value: Value) -> dict[str, object]:
    return {
        "name": value.key.name,
        "value": value.value,
        "origin": value.origin,
        "default": value.key.default,
        "allowed": list(value.key.choices),
        "variable": value.key.variable,
        "wrong": value.wrong,
    }


def _about(value: Value) -> str:
    if value.wrong:
        return value.wrong
    allowed = ", ".join(value.key.choices)
    return f"{value.key.about} ({allowed})" if allowed else value.key.about


@app.command()
def get(name: Name, as_json: Json = False) -> None:
    """Print the value of a setting."""
    find_key(name)
    value = in_force()[name]
    if as_json:
        print_json(_row(value))
    else:
        say(value.value)


@app.command("set")
def set_value(
    name: Name,
    value: Annotated[str, typer.Argument(help="What it is to be.")],
    as_json: Json = False,
) -> None:
    """Keep a setting in the file."""
    key = find_key(name)
    kept = key.check(value, "The command")
    now = value_of(key, {name: kept})
    # the other values are not looked at: this command mends a file that no other can use
    path = write_file(read_any() | {name: kept})
    if now.origin == "environment":
        note(f"{now.key.variable} is set, and stays above the file: {now.value}.")
    if as_json:
        print_json(_row(now))
    else:
        note(f"{name} is {kept} in {path}.")


@app.command()
def unset(name: Name, as_json: Json = False) -> None:
    """Take a setting out of the file, so that its default is used."""
    values = read_any()
    if name not in values:
        find_key(name)
        raise NotFoundError(f"The file does not set {name}.", hint="See `omni config show`.")
    values.pop(name)
    # what is no setting has no other value
    now = next((value_of(key, {}) for key in KEYS if key.name == name), None)
    path = write_file(values)
    if as_json:
        print_json(_row(now) if now else {"name": name, "value": None})
    elif now:
        note(f"{name} is {now.value or 'worked out'} again, from the {now.origin}.")
    else:
        note(f"{name} is out of {path}.")


@app.command()
def path(as_json: Json = False) -> None:
    """Print where the settings are kept."""
    if as_json:
        print_json({"path": str(file_path())})
    else:
        say(str(file_path()))
