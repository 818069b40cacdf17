"""``omni chat``: talk, with photos, about the people, pets and things you love."""

from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from cli_attach import begins_with_photo
from cli_lines import open_lines
from cli_options import Model, User, open_assistant
from cli_output import counted, note
from cli_room import Room
from cli_settings import in_force
from cli_slash import complete, perform
from omni_errors import NotFoundError, OmniError, UsageError

if TYPE_CHECKING:
    from assistant import Assistant

__all__ = ["chat"]

Photos = Annotated[
    list[Path] | None, typer.Option("-a", help="A photo, or a pattern in quotes; repeatable.")
]


def chat(
    go_on: Annotated[
        bool, typer.Option("-c", "--continue", help="Go on with the last conversation.")
    ] = False,
    conversation: Annotated[str | None, typer.Option("--id", help="Go on with this one.")] = None,
    images: Photos = None,
    user: User = "me",
    model: Model = "omni-mini",
) -> None:
    """Talk with the assistant; /help lists what else it can do."""
    if go_on and conversation:
        raise UsageError("--continue and --id exclude each other.", hint="Leave one out.")
    settings, assistant = in_force(), open_assistant(user, model)
    history = assistant.history if settings["history"].value == "true" else None
    lines = open_lines(lambda before: complete(room, before), history)
    room = Room(assistant, lines, pictures=settings["show"].value)
    try:
        _enter(room, go_on, conversation, images or ())
        code = _Loop(room).run()
    finally:
        room.assistant.close()
    if code:
        raise typer.Exit(code)


def _enter(
    room: Room, go_on: bool, conversation: str | None, images: "list[Path] | tuple[()]"
) -> None:
    before = room.assistant.conversations.list()
    if go_on and not before:
        raise NotFoundError("There is no conversation yet.", hint="Begin one with `omni chat`.")
    if room.lines.asks:
        _greet(room.assistant, before[0].title if before else "")
        # the weights are read while the first line is typed
        Thread(target=partial(_warm, room.assistant), daemon=True).start()
    if go_on or conversation:
        room.take_up(conversation or before[0].id)
    for path in images:
        room.attach(path)


def _greet(assistant: "Assistant", last: str) -> None:
    known = len(assistant.concepts.list())
    parts = [f"model {assistant.model_name}", f"user {assistant.user_name}"]
    parts.append(counted(known, "concept"))
    note(" · ".join([*parts, f"last: {last}"] if last else parts))
    note("/help lists what you can do; Ctrl-D leaves.")


def _warm(assistant: "Assistant") -> None:
    try:
        _ = assistant.backbone
    except OmniError as error:
        # said again when something is asked; here in time to do something about it
        note(f"omni: {error}")


class _Loop:
    """Read lines until there are no more, and do what each says."""

    def __init__(self, room: Room) -> None:
        self.room = room
        # whether Ctrl-C at an empty prompt leaves
        self.leaving = False
        self.code = 0

    def run(self) -> int:
        """Return the exit code: of the first error in a pipe, 0 when somebody sat there."""
        while not self.room.left:
            try:
                line = self.room.lines.read().strip()
            except EOFError:
                break
            except KeyboardInterrupt:
                if self.leaving:
                    break
                self.leaving = True
                note("Ctrl-C again, or Ctrl-D, leaves.")
                continue
            self.leaving = False
            if line:
                self._obey(line)
        return 0 if self.room.lines.asks else self.code

    def _obey(self, line: str) -> None:
        try:
            if _is_command(line):
                perform(self.room, line)
            else:
                self.room.hear(line)
        except KeyboardInterrupt:
            if not self.room.lines.asks:
                raise
            # the turn was stopped; once more leaves
            self.leaving = True
        except OmniError as error:
            note(f"omni: {error}")
            self.code = self.code or error.exit_code


def _is_command(line: str) -> bool:
    """Tell a command from the path of a photo that begins with a slash as well."""
    return line.startswith("/") and not begins_with_photo(line)
