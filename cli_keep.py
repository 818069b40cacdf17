"""``omni export`` and ``omni import``: all of a user's concepts in one file."""

from pathlib import Path
from typing import Annotated

import typer

from cli_options import Json, User, open_assistant
from cli_output import counted, note, print_json, say_path

__all__ = ["export", "import_all"]


def export(
    path: Annotated[Path, typer.Argument(help="The zip file to write.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Write all concepts, with photos, facts and tokens, into one file."""
    assistant = open_assistant(user)
    written = assistant.export(path)
    count = len(assistant.concepts.list())
    if as_json:
        print_json({"path": str(written), "concepts": count})
        return
    note(f"Wrote {counted(count, 'concept')}. Conversations and pictures stay here.")
    say_path(written)


def import_all(
    path: Annotated[Path, typer.Argument(help="A file that `omni export` wrote.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Take in all concepts of a file, or none."""
    names = [concept.name for concept in open_assistant(user).import_(path)]
    if as_json:
        print_json({"concepts": names})
    else:
        note(f"Took in {', '.join(names)}.")
