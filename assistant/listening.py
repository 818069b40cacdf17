"""Who listens to a turn, and can stop it."""

import threading
from collections.abc import Callable

from assistant.events import Event, Step, Words

__all__ = ["Listener"]

# what each step of the graphs does, in the user's words
_DETAILS = {
    "resolve": "Looking whom this is about.",
    "route": "Deciding what is wanted.",
    "hear": "Taking the answer in.",
    "give_up": "Giving up.",
    "understand": "Answering.",
    "recognise": "Comparing with the photos that are known.",
    "begin": "Looking what the request leaves open.",
    "parse": "Asking what has to be known.",
    "recall_memory": "Remembering.",
    "compose_prompt": "Putting it into the request.",
    "draw": "Drawing.",
    "edit": "Changing the picture.",
    "propose": "Reading what to remember.",
    "keep": "Remembering what was agreed to.",
    "persist": "Keeping the turn.",
    "ingest": "Taking the photos in.",
    "describe": "Describing the photos.",
    "build": "Making examples.",
    "train": "Training.",
    "grade": "Testing on photos that were held out.",
    "commit": "Keeping the new tokens.",
}


def _ignore(event: Event) -> None:
    """Hear an event, and do nothing."""


class Listener:
    """Pass on what happens, remember which step is running, and carry the wish to stop."""

    def __init__(self, tell: Callable[[Event], None] = _ignore) -> None:
        self.tell = tell
        self.step = ""
        # whether anything of a reply was passed on
        self.spoke = False
        # whether a reply was broken off
        self.interrupted = False
        self._stop = threading.Event()

    def say(self, piece: str) -> None:
        """Pass on a piece of a reply."""
        self.spoke = True
        self.tell(Words(piece))

    def enter(self, step: str) -> None:
        """Hear that a step begins."""
        self.step = step
        self.tell(Step(step, _DETAILS.get(step, "")))

    def begin_picture(self, seed: int) -> None:
        """Hear with which seed a picture is begun."""
        self.tell(Step(self.step, f"{_DETAILS.get(self.step, '')} Its seed is {seed}.", seed))

    def break_off(self) -> bool:
        """Tell whether a reply is to end here, and remember if it does."""
        self.interrupted = self.interrupted or self.stopped()
        return self.interrupted

    def stop(self) -> None:
        """Wish that the turn ends soon: a reply where it is, a picture not at all."""
        self._stop.set()

    def stopped(self) -> bool:
        """Tell whether that was wished."""
        return self._stop.is_set()
