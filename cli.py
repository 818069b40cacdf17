"""The `omni` command: parse, call one function, print.

This file holds the front and the one place where errors become exit codes: 0 done, 1 failed,
2 wrong usage, 3 not found, 4 refused, 5 model or weights missing, 130 interrupted. Each group
of commands has its own ``cli_*.py``. Nothing heavy is imported before a command runs.
What stands before a command holds for all of them: whose memory, which model, how much is said.
"""

import errno
import os
import sys
import time
from contextlib import suppress
from typing import Annotated, Any

import typer

import cli_bench
import cli_chat
import cli_concept
import cli_config
import cli_demo
import cli_doctor
import cli_image
import cli_keep
import cli_log
import cli_memory
import cli_model
import cli_use
from cli_options import EVERYWHERE, defaults, share
from cli_output import Manner, detail, manner, print_error, say, set_manner
from cli_settings import Value, for_the_model, in_force
from omni_errors import CancelledError, OmniError, ResourceError, UsageError

__all__ = ["app", "command", "main", "run"]

# what a variable that switches something on says to leave it off
_OFF = ("", "0", "false", "no", "off")
# there --json names a file, and nothing else is printed as JSON
_NO_JSON = (["bench", "run"], ["bench", "report"])

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
app.add_typer(cli_image.app, name="image")
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
    context: typer.Context,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Say results, errors and questions only.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Also say each step, and what it took.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where errors came from; so does OMNI_DEBUG=1.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Teach your computer the people, pets and things you love. Local and private."""
    set_manner(Manner(quiet, verbose and not quiet, debug or manner().debug))
    settings = _settings(context.invoked_subcommand or "")
    values = {name: found.value for name, found in settings.items() if found.value}
    root: Any = context
    root.default_map = defaults(context.command, values)
    root.with_resource(for_the_model(settings))


def _settings(command: str) -> dict[str, Value]:
    """Return the settings in force; what mends the file must run while it is broken."""
    if command == "config":
        # it says itself where values come from
        return in_force(dict)
    try:
        return in_force()
    except OmniError:
        if command != "doctor":
            raise
        return in_force(dict)


def command() -> Any:
    """Return the whole tree of commands, with what every command takes."""
    return share(typer.main.get_command(app))


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Threads that spin while they wait do a tenth of the work beside another busy process, and
    # those that never spin three quarters of it alone (docs/log.md); this is read when torch is
    # loaded, which no import above does.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    _prepare_streams()
    sys.exit(run(sys.argv[1:]))


def _prepare_streams() -> None:
    """Have all three streams, of which none fails at what it cannot spell."""
    # what is closed is opened in this order, since each takes the lowest number that is free
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf8"))
    # bytes that are no text come in as what no text may hold, and are refused where they are used
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "replace"),
        (sys.stderr, "replace"),
    ):
        set_up = getattr(stream, "reconfigure", None)
        if set_up is not None:
            set_up(errors=errors)


def run(args: list[str]) -> int:
    """Run one command and return its exit code, whatever happens."""
    set_manner(Manner(debug=os.environ.get("OMNI_DEBUG", "").strip().lower() not in _OFF))
    try:
        code = _run(args)
        # not left to the end of the process, whose code would be another
        for stream in _streams():
            stream.flush()
        return code
    except (BrokenPipeError, SystemExit):
        # whoever read is gone: 1, as Typer and Rich make of it
        _drop_output()
    except OSError as error:
        print_error(OmniError(f"The output cannot be written: {error.strerror}."), as_json=False)
        _drop_output()
    return 1


def _drop_output() -> None:
    """Write what is still to be written nowhere, so that its failure is not told either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in _streams():
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())


def _streams() -> list[Any]:
    """Return the streams there are: some programs start others with theirs closed."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def _run(args: list[str]) -> int:
    began, as_json = time.monotonic(), _wants_json(args)
    try:
        code = command().main(args, prog_name="omni", standalone_mode=False)
    except SystemExit as stop:
        return _code_of(stop.code)
    except Exception as error:
        return _told(error, as_json)
    except KeyboardInterrupt:
        return _told(typer.Abort(), as_json)
    detail(f"Took {time.monotonic() - began:.1f} s.")
    return _code_of(code)


def _wants_json(args: list[str]) -> bool:
    """Tell whether errors are to be JSON as well."""
    # after two dashes nothing is an option
    options = args[: args.index("--") if "--" in args else None]
    return "--json" in options and _words(options)[:2] not in _NO_JSON


def _words(args: list[str]) -> list[str]:
    """Return what is no option that may stand before a command, and no value of one."""
    valued = [f"--{name}" for name in EVERYWHERE]
    pairs = zip(["", *args], args, strict=False)
    return [one for before, one in pairs if before not in valued and not one.startswith("-")]


def _told(error: Exception, as_json: bool) -> int:
    """Print an error, and where it came from if that is wanted; return the exit code."""
    if manner().debug and not isinstance(error, (typer.TyperException, typer.Abort)):
        import traceback

        traceback.print_exc()
    if isinstance(error, typer.TyperException):
        _name_value(error)
    if isinstance(error, typer.TyperException) and not as_json:
        # with the usage, as Typer itself reports it
        shown: Any = error
        shown.show()
        return error.exit_code
    known = _as_known(error)
    print_error(known, as_json=as_json)
    return known.exit_code


def _name_value(error: Any) -> None:
    """Say which value was refused, where the message says only what is allowed."""
    found: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if found and isinstance(found[0].get("input"), str):
        error.message = f"{found[0]['input']!r}: {error.message}"


def _as_known(error: Exception) -> OmniError:
    """Return an error as one of ours, whatever it is."""
    if isinstance(error, OmniError):
        return error
    if isinstance(error, typer.TyperException):
        path = getattr(getattr(error, "ctx", None), "command_path", "omni")
        return UsageError(error.format_message(), hint=f"See `{path} --help`.")
    if isinstance(error, typer.Abort):
        return CancelledError("Stopped.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(f"Nothing more can be written: {error.strerror}.", hint="Make room.")
    bug = f"This is a bug: {type(error).__name__}: {error}"
    return OmniError(bug, hint="Add --debug before the command to see where it happened.")


def _code_of(code: object) -> int:
    return code if isinstance(code, int) else 0 if code is None else 1


if __name__ == "__main__":
    main()
