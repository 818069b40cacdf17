"""The local model as a judge: it says how likely each reply is, and the likeliest counts.

A model that judges its own work flatters it; the report says which judge gave which mark.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from backbone import Backbone

__all__ = ["LOCAL", "LocalAsker"]

# what the name of a judge begins with that is a model of this machine
LOCAL = "local/"


class LocalAsker:
    """Ask the model itself; no concept is in play."""

    def __init__(self, face: "Backbone") -> None:
        self.face = face
        self.name = LOCAL + face.config.name

    def ask(self, prompt: str, images: Sequence[Image.Image], choices: Sequence[str]) -> str:
        """Return the likeliest of the choices."""
        reading = self.face.read()
        for image in images:
            reading.add_image(image)
        reading.add_text(prompt)
        scores = [score.mean for score in self.face.scores(reading, choices)]
        return choices[scores.index(max(scores))]
