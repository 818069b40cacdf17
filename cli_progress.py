"""Say how a training goes: one line that moves in a terminal, a few lines elsewhere."""

import time
from typing import TYPE_CHECKING

from cli_output import Quiet, note

if TYPE_CHECKING:
    from learning.trainer import StepLosses

__all__ = ["Training"]

# how often a line is printed where none can move
_QUARTER = 4
_WIDTH = 20


class Training(Quiet):
    """Hear of each step and show how far it is; used as the ``on_step`` of a training."""

    def __init__(self) -> None:
        super().__init__()
        self._began: float | None = None
        self._first = 0
        self._told = 0

    def __call__(self, losses: "StepLosses", steps: int) -> None:
        """Show that a step is done."""
        now = time.monotonic()
        if self._began is None:
            self._began, self._first = now, losses.step
        text = self._line(losses, steps, now)
        if self.moves:
            self.step(text)
        elif losses.step * _QUARTER // steps > self._told:
            self._told = losses.step * _QUARTER // steps
            note(text)

    def _line(self, losses: "StepLosses", steps: int, now: float) -> str:
        done = losses.step / steps
        bar = "█" * round(done * _WIDTH) + "░" * (_WIDTH - round(done * _WIDTH))
        text = f"Training {bar} {losses.step}/{steps}, loss {losses.total:.2f}"
        taken, came = losses.step - self._first, now - (self._began or now)
        if not taken:
            return text
        # a preset may end earlier, by the clock or when nothing gets better
        return f"{text}, at most {came / taken * (steps - losses.step):.0f} s more"
