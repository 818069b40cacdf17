"""The `omni` command: parse, call one function, print.

This file holds the front and the one place where errors become exit codes: 0 done, 1 failed,
2 wrong usage, 3 not found, 4 refused, 5 model or weights missing, 130 interrupted. Each group
of commands has its own ``cli_*.py``. Nothing heavy is imported before a command runs.
"""

import os
import sys
from typing import Annotated

import typer

import cli_bench
import cli_chat
import cli_concept
import cli_config
import cli_demo
import cli_doctor
import cli_keep
import cli_log
import cli_memory
import cli_model
import cli_use
from cli_options import defaults
from cli_output import note, print_error, say
from cli_settings import for_the_model, in_force
from omni_errors import CancelledError, OmniError

__all__ = ["app", "main"]

app = typer.Typer(
    name="omni",
    help="Teach your computer the people, pets and things you love. Local and private.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(cli_demo.demo)
app.command("chat")(cli_chat.chat)
app.command("ask")(cli_use.ask)
app.command("draw")(cli_use.draw)
app.command("edit")(cli_use.edit)
app.add_typer(cli_concept.app, name="concept")
app.add_typer(cli_memory.app, name="memory")
app.add_typer(cli_log.app, name="log")
app.command("replay")(cli_log.replay)
app.add_typer(cli_model.app, name="model")
app.add_typer(cli_config.app, name="config")
app.add_typer(cli_bench.app, name="bench")
app.command("doctor")(cli_doctor.doctor)
app.command("export")(cli_keep.export)
app.command("import")(cli_keep.import_all)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"omni {version('omnipersona')}")
        raise typer.Exit


@app.callback()
def front(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Teach your computer the people, pets and things you love. Local and private."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Threads that spin while they wait do a tenth of the work beside another busy process
    # (docs/log.md); this is read when torch is loaded, which no import above does.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Run one command and return its exit code, whatever happens."""
    try:
        _run_with_settings(args)
    except SystemExit as stop:
        return _code_of(stop)
    except OmniError as error:
        _trace_if_asked()
        print_error(error, as_json="--json" in args)
        return error.exit_code
    except KeyboardInterrupt:
        note("omni: Stopped.")
        return CancelledError.exit_code
    except Exception as error:
        _trace_if_asked()
        note(f"omni: This is a bug: {type(error).__name__}: {error}")
        note("Set OMNI_DEBUG=1 to see where it happened.")
        return 1
    return 0


def _run_with_settings(args: list[str]) -> None:
    # what mends the file must run while it is broken
    settings = in_force(dict) if args[:1] in (["config"], ["doctor"]) else in_force()
    command = typer.main.get_command(app)
    values = {name: found.value for name, found in settings.items() if found.value}
    with for_the_model(settings):
        # Typer itself reports wrong usage (2); its exit code is passed on.
        command(args, prog_name="omni", default_map=defaults(command, values))


def _code_of(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    return stop.code if isinstance(stop.code, int) else 1


def _trace_if_asked() -> None:
    """Show where the error now being handled came from, if OMNI_DEBUG is set."""
    if os.environ.get("OMNI_DEBUG"):
        import traceback

        traceback.print_exc()


if __name__ == "__main__":
    main()
