"""Options that several commands share, and how a command opens the assistant.

What a user sets once (`omni config`) becomes the default of the option of that name, below its
flag and its environment variable. ``--user`` and ``--model`` may stand anywhere: every command
has them, and what stands before a command holds for it unless it is given its own.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cli_output import plain
from cli_settings import KEYS, in_force
from omni_errors import InputError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from assistant import Assistant

__all__ = [
    "Listing",
    "Showing",
    "EVERYWHERE",
    "Json",
    "Model",
    "Out",
    "Preset",
    "Seed",
    "User",
    "Yes",
    "agree",
    "ask",
    "concept_name",
    "defaults",
    "has_end",
    "open_assistant",
    "run_default",
    "share",
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", envvar="OMNI_USER", help="Whose memory it is.")]
Model = Annotated[
    str,
    typer.Option("--model", envvar="OMNI_MODEL", help="A name (`omni model list`), or a folder."),
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="A number; the same gives the same picture.")
]
Out = Annotated[Path | None, typer.Option("-o", help="The folder for pictures.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Preset = Annotated[
    str,
    typer.Option("--preset", envvar="OMNI_PRESET", help="How long to train: none, quick or paper."),
]

# an id, or so much of one that it is not taken for a name by chance
_ID = re.compile("[0-9a-f]{8,32}")
# the options that every command takes
EVERYWHERE = ("user", "model")


def open_assistant(user: str, model: str = "omni-mini") -> "Assistant":
    """Open a user's assistant as the settings say; its model is loaded when it is needed."""
    from assistant import Assistant

    set_to = in_force()
    segmenter, inpainter = set_to["segmenter"].value, set_to["inpainter"].value
    return Assistant(user=user, model=model, segmenter=segmenter, inpainter=inpainter)


def agree(question: str, *, otherwise: str, hint: str = "Add --yes.") -> None:
    """Go on only if somebody agrees.

    Raises:
        RefusedError: if nobody is there to answer, or says no; ``otherwise`` says what that means.
    """
    if not sys.stdin.isatty():
        raise RefusedError(f"{question} Nobody is there to answer.", hint=hint)
    if not typer.confirm(plain(question), err=True):
        raise RefusedError(otherwise)


def ask(question: str, default: str | None, *, hint: str) -> str:
    """Ask for a word or two; ``default`` is what a bare Enter takes.

    Raises:
        InputError: if nobody is there to answer.
    """
    if not sys.stdin.isatty():
        raise InputError(f"{question} Nobody is there to answer.", hint=hint)
    told: str = typer.prompt(plain(question), default=default, err=True)
    return told


def concept_name(assistant: "Assistant", given: str) -> str:
    """Return the name of the concept that is meant by its name, its id, or an end of that.

    What means no concept is returned as it is: it is told of where it is looked up.

    Raises:
        NotFoundError: if several have it in their ids.
    """
    concepts = assistant.memory.concepts
    if not _ID.fullmatch(given) or concepts.find(assistant.user, given):
        return given
    fits = [one for one in concepts.list(assistant.user) if has_end(one.id, given)]
    if len(fits) > 1:
        names = ", ".join(one.name for one in fits)
        raise NotFoundError(
            f"More than one concept has {given!r} in its id: {names}.", hint="Write more of it."
        )
    return fits[0].name if fits else given


def has_end(id: str, part: str) -> bool:
    """Tell whether an id begins or ends with enough of one."""
    return bool(_ID.fullmatch(part)) and (id.startswith(part) or id.endswith(part))


class Listing(TyperGroup):
    """A group of commands; ``--json`` without one is for the command that then runs."""

    usual = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the usual command where only its option is there."""
        if "--json" in args and not self.commands.keys() & set(args):
            args = [one for one in args if one != "--json"] + [self.usual, "--json"]
        return super().parse_args(ctx, args)


class Showing(Listing):
    """A group whose usual command shows."""

    usual = "show"


def run_default(context: typer.Context, name: str) -> None:
    """Run a command of a group that was called without one."""
    if context.invoked_subcommand is None:
        command: Any = context.command
        chosen = command.commands[name]
        with chosen.make_context(name, [], parent=context) as inner:
            chosen.invoke(inner)


def defaults(command: Any, values: Mapping[str, str]) -> dict[str, Any]:
    """Return settings as the defaults of a command's options and those of its commands."""
    below = getattr(command, "commands", {})
    found: dict[str, Any] = {name: defaults(one, values) for name, one in below.items()}
    settable = {key.name for key in KEYS} & values.keys()
    # only where the option also listens to the setting's variable: `doctor --model` is another
    for option in command.params:
        heard = option.envvar == f"OMNI_{option.name.upper()}"
        # nor where a command has the option's name: `omni --model` stands beside `omni model`
        if option.name in settable and heard and option.name not in below:
            found[option.name] = values[option.name]
    return found


def share(command: Any) -> Any:
    """Give a command and those of it what every command takes; return it."""
    below = getattr(command, "commands", {})
    for name, given in _shared().items():
        own = next((one for one in command.params if f"--{name}" in one.opts), None)
        if own is None:
            given.help = given.help if below else "Not used by this command."
            command.params.append(own := given)
        own.callback = _handed_down
    for one in below.values():
        share(one)
    return command


def _shared() -> dict[str, Any]:
    """Make the options for a command that has none of its own, new ones each time."""

    def above(user: User = "me", model: Model = "omni-mini") -> None:
        """Stand before a command."""

    made = typer.Typer(add_completion=False)
    made.command()(above)
    options = {str(one.name): one for one in typer.main.get_command(made).params}
    for name in EVERYWHERE:
        options[name].expose_value = False
    return {name: options[name] for name in EVERYWHERE}


def _handed_down(context: Any, option: Any, value: Any) -> Any:
    """Return what was typed for an option here, else what was typed before, else the default."""
    # `meta` is the same mapping for a command and for what stands above it
    key = f"omni.{option.name}"
    if context.get_parameter_source(option.name).name == "COMMANDLINE":
        context.meta[key] = value
    return context.meta.get(key, value)
