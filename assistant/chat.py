"""A conversation: turns that follow each other, told event by event as they happen."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.events import Ended, Event
from assistant.exchange import Ask, Exchange, Result
from assistant.journal import carried_over
from assistant.listening import Listener
from assistant.results import Answer, Question
from graphs.questions import is_no
from memory.tables import new_id
from omni_errors import InputError, NotFoundError

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["Chat"]


class Chat:
    """Talk with the assistant; a new conversation is kept from its first turn on."""

    def __init__(self, assistant: "Assistant", conversation: str | None = None) -> None:
        self.assistant = assistant
        self.conversation = conversation or new_id()
        if conversation is not None and self.waiting is None:
            # refuses one that is not there, or somebody else's
            assistant.memory.conversations.get(assistant.user, conversation)

    def send(
        self,
        text: str,
        images: Sequence[Path | str] = (),
        *,
        wanted: str = "",
        seed: int | None = None,
    ) -> Iterator[Event]:
        """Say something, perhaps with photos, and hear what happens.

        ``wanted`` is "generate" or "edit" where that is known; a seed repeats a picture.

        Raises:
            InputError: if a photo cannot be read, or there is no text.
            WeightsError: if the model is not on this machine.
        """
        ask = Ask(text, wanted=wanted, seed=seed)
        if images:
            ask = replace(ask, attachment=self.assistant.gallery.keep(images))
        yield from self._told(lambda one: one.begin(ask))

    def again(self, turn_id: str, seed: int | None = None) -> Iterator[Event]:
        """Say what a kept turn said again, given what it was given, and hear what happens.

        So an edit is of the picture that was edited then. A ``seed`` takes the place of its own.

        Raises:
            NotFoundError: if the user has no such turn.
            InputError: if it was forgotten.
        """
        from assistant.repeating import say_again

        turn = self.assistant.memory.turns.get(self.assistant.user, turn_id)
        yield from self._told(lambda one: say_again(one, turn, seed))

    def answer(self, said: str | bool) -> Iterator[Event]:
        """Answer the question that waits, and hear what happens.

        Raises:
            InputError: if no question waits, or a photo that was asked for cannot be read.
        """
        found = Exchange(self.assistant, self.conversation).waiting()
        if found is None:
            raise InputError("No question waits for an answer.", hint="Say something new.")
        state = found[1]
        if _asks_for_picture(state) and isinstance(said, str) and not is_no(said):
            said = self.assistant.gallery.keep([said.strip()])
        ask = Ask(str(state["text"]))
        yield from self._told(lambda one: one.answer(said, ask))

    @property
    def waiting(self) -> Question | None:
        """Return the question that waits for an answer, whichever process asked it."""
        found = Exchange(self.assistant, self.conversation).waiting()
        return found[0] if found else None

    def why(self) -> dict[str, Any]:
        """Return what the last turn rested on; nothing before the first.

        It holds the route, concepts, facts, photos as evidence, versions, stages and the seed.
        """
        try:
            turns = self.assistant.memory.turns.last(self.assistant.user, self.conversation)
        except NotFoundError:
            return {}
        return dict(turns[-1].trace) if turns else {}

    @property
    def last_image(self) -> Path | None:
        """Return the file of the picture that "it" would mean."""
        one = self.assistant
        shown = carried_over(one.memory, one.user, self.conversation).get("last_image", "")
        image = one.gallery.first(shown)
        return one.file_of(image) if image else None

    @property
    def pictures(self) -> tuple[Path, ...]:
        """Return the files of the pictures that were made here, oldest first."""
        one = self.assistant
        try:
            turns = one.memory.turns.list(one.user, self.conversation)
        except NotFoundError:
            return ()
        made = {image for turn in turns for image in one.gallery.ids(turn.trace.get("image", ""))}
        kept = [image.id for image in one.memory.images.list(one.user) if image.id in made]
        return tuple(one.file_of(image) for image in reversed(kept))

    def undo(self) -> str:
        """Take the last turn back, or the one that waits; return what was said, "" if nothing.

        What it remembered and what it drew stay. A conversation goes with its only turn.
        """
        memory, user = self.assistant.memory, self.assistant.user
        exchange = Exchange(self.assistant, self.conversation)
        waiting = exchange.waiting()
        if waiting is not None:
            exchange.drop()
            return str(waiting[1]["text"])
        try:
            turns = memory.turns.last(user, self.conversation, 2)
        except NotFoundError:
            return ""
        if len(turns) == 1:
            memory.conversations.remove(user, self.conversation)
        elif turns:
            memory.turns.remove(user, turns[-1].id)
        return turns[-1].text if turns else ""

    def _told(self, work: Callable[[Exchange], Result]) -> Iterator[Event]:
        """Run a turn beside the caller, so that its events come as they happen.

        Closing the iterator ends a reply where it is, and what was said so far is kept.
        """
        told: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        listener = Listener(told.put)
        exchange = Exchange(self.assistant, self.conversation, listener)

        def run() -> None:
            try:
                done = work(exchange)
                question = getattr(done, "question", None)
                if isinstance(done, Answer) and question is None and not listener.spoke:
                    # what no model wrote is heard as well
                    listener.say(done.text)
                told.put(question if question is not None else Ended(done))
            except BaseException as error:  # it is raised where the caller is
                told.put(error)
            told.put(None)

        thread = threading.Thread(target=run, name="turn")
        # opened here: both are for the caller's thread as well
        _ = self.assistant.memory, self.assistant.user
        thread.start()
        try:
            while (event := told.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            listener.stop()
            thread.join()


def _asks_for_picture(state: Any) -> bool:
    return bool(state.get("asking", {}).get("kind") == "image")
