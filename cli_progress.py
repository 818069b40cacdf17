"""Say how a training goes: one line that moves in a terminal, a few lines elsewhere.

Bars that libraries would draw beside it are kept away by `without_bars`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli_output import Quiet, note

if TYPE_CHECKING:
    from learning.trainer import StepLosses

__all__ = ["Training", "without_bars"]

# how often a line is printed where none can move
_QUARTER = 4
_WIDTH = 20


@contextmanager
def without_bars() -> Iterator[None]:
    """Let no library draw a progress bar of its own meanwhile."""
    from tqdm.std import tqdm

    # every kind of bar begins here, also those whose maker ignores the switches of its library
    begin = tqdm.__init__

    def hide(bar: Any, *args: Any, **options: Any) -> None:
        begin(bar, *args, **{**options, "disable": True})

    tqdm.__init__ = hide
    try:
        yield
    finally:
        tqdm.__init__ = begin


class Training(Quiet):
    """Hear of each step and show how far it is; used as the ``on_step`` of a training."""

    def __init__(self, preset: str = "none") -> None:
        super().__init__()
        self.preset = preset
        # the budget is counted from here, the rate from the first step
        self._opened = time.monotonic()
        self._began: float | None = None
        self._first = 0
        self._told = 0

    def __call__(self, losses: "StepLosses", steps: int) -> None:
        """Show that a step is done."""
        now = time.monotonic()
        if self._began is None:
            self._began, self._first = now, losses.step
        done = self._share(losses, steps, now)
        text = self._line(losses, steps, now, done)
        if self.moves:
            self.step(text)
        elif int(done * _QUARTER) > self._told:
            self._told = int(done * _QUARTER)
            note(text)

    def _share(self, losses: "StepLosses", steps: int, now: float) -> float:
        """Tell how much is done, by steps or by the clock, whichever ends first."""
        budget = self._budget()
        by_clock = (now - self._opened) / budget if budget else 0.0
        return min(max(losses.step / steps, by_clock), 1.0)

    def note(self, text: str) -> None:
        """Print a remark that stays, above the line that moves."""
        self._opened = time.monotonic()
        self.clear()
        note(text)
        self.step("Preparing the examples.")

    def _line(self, losses: "StepLosses", steps: int, now: float, done: float) -> str:
        taken, came = losses.step - self._first, now - (self._began or now)
        budget = self._budget()
        bar = "█" * round(done * _WIDTH) + "░" * (_WIDTH - round(done * _WIDTH))
        text = f"Training {bar} {losses.step}/{steps}, loss {losses.total:.2f}"
        if not taken:
            return text
        left = came / taken * (steps - losses.step)
        # by the clock, or when nothing gets better any more, it ends before the last step
        left = min(left, max(budget - (now - self._opened), 0.0)) if budget else left
        return f"{text}, at most {left:.0f} s more"

    def _budget(self) -> float | None:
        """Return the seconds after which the preset ends a training, None without such an end."""
        from learning.presets import PRESETS

        recipe = PRESETS.get(self.preset)
        return recipe.budget_s if recipe else None
