"""The room a chat happens in: a conversation, what is attached, and how events are shown."""

import os
import secrets
import shutil
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from backbone.catalog import find_entry
from backbone.home import find_home
from cli_attach import as_path, begins_with_photo, find_photos, photos_at
from cli_lines import Lines
from cli_options import open_assistant
from cli_output import Quiet, note, put, say, say_path, stream
from cli_picture import show
from omni_errors import NotFoundError, OmniError, UsageError

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.chat import Chat
    from assistant.events import Event, Question

__all__ = ["Room", "Said"]


@dataclass(frozen=True)
class Said:
    """What was said last, to say it again."""

    text: str
    images: tuple[Path, ...]
    # "generate" or "edit", where a command said so
    wanted: str


class Room:
    """Hold one chat and show what comes of it."""

    def __init__(self, assistant: "Assistant", lines: Lines, *, pictures: str = "auto") -> None:
        self.assistant = assistant
        self.lines = lines
        # how pictures are shown
        self.pictures = pictures
        self.attached: list[Path] = []
        # of the next pictures; None for a new one each
        self.seed: int | None = None
        self.last_seed: int | None = None
        self.last_said: Said | None = None
        # the turn that it was kept as; empty where it failed, was stopped or waits for an answer
        self.last_turn = ""
        self.left = False
        self.chat: Chat = assistant.chat()

    def enter(self, conversation: str | None) -> None:
        """Begin a new conversation, or go on with one."""
        self.chat = self.assistant.chat(conversation)
        self.attached.clear()
        self.last_turn = ""

    def take_up(self, part: str) -> None:
        """Go on with a conversation: its last two turns, and a question that waits.

        ``part`` is its id, or the beginning or end of it.

        Raises:
            NotFoundError: if there is none, or more than one.
        """
        found = self.assistant.conversations.find(part)
        try:
            # one whose first turn waits for an answer is not kept yet; any other is refused here
            self.enter(part if found is None else found.id)
        except (NotFoundError, UnicodeError) as error:
            raise NotFoundError(
                f"There is no conversation {part!r}.",
                hint="See `omni log conversations`, in a chat /history.",
            ) from error
        if found is not None:
            note(f"Going on with: {found.title}")
            if self.lines.asks:
                self.retell()
        self.settle()

    def retell(self) -> None:
        """Show the last two turns, and where one was broken off."""
        from cli_log import print_turns

        for turn in self.assistant.conversations.show(self.chat.conversation).turns[-2:]:
            print_turns([turn])
            if turn.trace.get("interrupted"):
                note("[interrupted]")

    def change_model(self, name: str) -> None:
        """Go on with the same conversation on another model; on failure, on the one before.

        Raises:
            NotFoundError: if there is no such model.
            WeightsError: if its files are not on this machine.
        """
        _require_files(name)
        before, after = self.assistant, open_assistant(self.assistant.user_name, name)
        try:
            chat = _same(after, self.chat.conversation)
        except BaseException:
            after.close()
            raise
        self.assistant, self.chat = after, chat
        before.close()

    def attach(self, path: Path) -> None:
        """Add a photo to what is said next, or all photos that a pattern fits.

        Raises:
            OmniError: if it cannot be used.
        """
        for photo in photos_at(path):
            self.attached.append(photo.path)
            note(f"Attached {photo.path.name} {photo.size[0]}×{photo.size[1]}.")

    def paste(self) -> None:
        """Add what is in the clipboard to what is said next.

        Raises:
            OmniError: if there is nothing, or it cannot be used.
        """
        from cli_clipboard import pasted

        before = list(self.attached)
        try:
            for path in pasted(self._pasted):
                self.attach(path)
        except OmniError:
            # all of it or nothing
            self.attached = before
            raise

    @cached_property
    def _pasted(self) -> Path:
        """Hold pictures that have no file; the folder goes with the room."""
        from cli_clipboard import pasting_folder

        folder = pasting_folder(find_home().state)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def hear(self, line: str) -> None:
        """Take in a line: its photos are attached, its words are a turn."""
        text, photos = find_photos(line)
        for photo in photos:
            self.attach(photo)
        if text:
            self.say(text)

    def say(
        self, text: str, *, wanted: str = "", images: Sequence[Path] = (), seed: int | None = None
    ) -> None:
        """Send a text with what is attached, and show what comes back.

        What was attached is attached still where the turn fails, as far as it is still there.
        """
        before, self.attached = self.attached, []
        images = (*images, *before)
        self.last_said, self.last_turn = Said(text, images, wanted), ""
        used = self.seed if seed is None else seed
        if wanted and used is None:
            # drawn here, so that a picture that is stopped can be begun again
            used = secrets.randbelow(2**31)
        sent = self.chat.send(text, images, wanted=wanted, seed=used)
        try:
            self._show(sent, used if wanted else None)
        except OmniError:
            self.attached = list(filter(os.path.isfile, before))
            raise
        self._settle(self.chat.waiting)

    def say_again(self, seed: int | None) -> None:
        """Say the last thing again, given what it was given then, and show what comes back.

        Raises:
            NotFoundError: if nothing was said.
        """
        said = self.last_said
        if said is None:
            raise NotFoundError("Nothing was said yet.", hint="Say something first.")
        if not self.last_turn:
            # nothing came of it: all is still as it was
            self.say(said.text, wanted=said.wanted, images=said.images, seed=seed)
            return
        self._show(self.chat.again(self.last_turn, seed), seed if said.wanted else None)
        self._settle(self.chat.waiting)

    def settle(self) -> None:
        """Ask what was asked before and never answered."""
        question = self.chat.waiting
        if question is not None:
            say(question.text)
        self._settle(question)

    def _settle(self, question: "Question | None") -> None:
        while question is not None:
            said = self._asked(question)
            if said is None:
                break
            obeyed = _is_command(said) and self._obeyed(said)
            if not _is_command(said):
                self._answer(said)
            elif obeyed and (self.left or not self.lines.asks):
                break
            question = self.chat.waiting
            if obeyed and question is not None:
                # what the command showed stands between
                say(question.text)

    def _obeyed(self, said: str) -> bool:
        """Run a command that is typed at a question; tell whether there is such a command."""
        from cli_slash import perform

        try:
            perform(self, said)
        except UsageError as error:
            if not self.lines.asks:
                raise
            note(f"omni: {error}")
            return False
        return True

    def _answer(self, said: str) -> None:
        """Answer the question that waits; after an error it may wait still, and is asked again.

        In a pipe it is not: the next line there is no second try.
        """
        try:
            self._show(self.chat.answer(as_path(said)))
        except OmniError as error:
            if not self.lines.asks or self.chat.waiting is None:
                raise
            note(f"omni: {error}")

    def agrees(self, question: str) -> bool | None:
        """Ask for yes or no, which is no unless it is said; None if nobody answers."""
        put(question)
        try:
            return self.lines.read("yes / no? ").strip().lower() in ("y", "yes")
        except (EOFError, KeyboardInterrupt):
            return None

    def _asked(self, question: "Question") -> str | None:
        """Return what is answered to a question; None if nobody does."""
        try:
            return self.lines.read(f"{' / '.join(question.choices) or 'your answer'}? ")
        except (EOFError, KeyboardInterrupt):
            note("Not answered: nothing was done.")
            return None

    def _show(self, events: "Iterator[Event]", seed: int | None = None) -> None:
        """Show events as they come; Ctrl-C stops them and keeps what was said.

        A ``seed`` is of a picture that will come of them.
        """
        shown = _Shown(self, seed)
        try:
            with shown.quiet:
                for event in events:
                    shown.take(event)
        except KeyboardInterrupt:
            shown.end_line()
            note("Stopped.")
            if shown.seed is not None:
                self.last_seed = shown.seed
                note(f"Its seed was {shown.seed}; /redo begins it again.")
            raise
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()


def _is_command(said: str) -> bool:
    """Tell a command from a path, which may be mistyped."""
    word = said.split(" ")[0]
    return word.startswith("/") and "/" not in word[1:] and not begins_with_photo(said)


def _require_files(model: str) -> None:
    """See that a model's files are here, reading no weights.

    Raises:
        NotFoundError: if there is no such model.
        WeightsError: if they are not.
    """
    from backbone.folder import read_config
    from backbone.loading import model_folder

    if not os.path.isdir(os.path.expanduser(model)):
        find_entry(model)
    folder = model_folder(model)
    if folder is not None:
        read_config(folder)


def _same(assistant: "Assistant", conversation: str) -> "Chat":
    """Go on with a conversation; one in which nothing was said yet is kept nowhere: begin one."""
    try:
        return assistant.chat(conversation)
    except NotFoundError:
        return assistant.chat()


class _Shown:
    """Show the events of one turn, and remember whether a line is open."""

    def __init__(self, room: Room, seed: int | None) -> None:
        self.room, self.quiet = room, Quiet()
        # of a picture that is not done yet
        self.seed = seed
        self.open, self.spoke = False, False

    def take(self, event: "Event") -> None:
        """Show one event."""
        from assistant import Answer
        from assistant.events import Drawn, Ended, Question, Step, Words

        if isinstance(event, Step):
            self.seed = self.seed if event.seed is None else event.seed
            if not self.open:
                self.quiet.step(event.detail or event.name)
            return
        self.quiet.clear()
        if isinstance(event, Words):
            stream(event.text)
            self.open, self.spoke = not event.text.endswith("\n"), True
        elif isinstance(event, Drawn):
            self._drawn(event.path, event.seed)
        elif isinstance(event, Question):
            self.end_line()
            say(event.text)
        elif isinstance(event, Ended):
            self.end_line()
            self.room.last_turn = event.answer.turn
            # a drawing's text is what was asked for, and a question was said already
            if not self.spoke and isinstance(event.answer, Answer):
                say(event.answer.text)

    def _drawn(self, path: Path, seed: int) -> None:
        self.end_line()
        self.spoke, self.room.last_seed, self.seed = True, seed, None
        show(path, self.room.pictures)
        say_path(path)
        note(f"Seed {seed}.")

    def end_line(self) -> None:
        """End a line that was begun."""
        if self.open:
            stream("\n")
            self.open = False
