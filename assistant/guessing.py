"""What photos of one thing show, where nobody has said it yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from backbone import Backbone

__all__ = ["ClassGuess", "guess_class"]

# of twenty subjects 13 are sure, and 11 of these right; of the others two (docs/log.md)
_SURE = 0.25
# more photos tell nothing new
_PHOTOS = 16


@dataclass(frozen=True)
class ClassGuess:
    """The likeliest class word, and whether it may be taken without asking."""

    word: str
    sure: bool


def guess_class(model: "Backbone", photos: "Sequence[Image.Image]") -> ClassGuess | None:
    """Guess the class of what photos share; None if the model knows no classes.

    What people wear is never sure: they are no class of their own.
    """
    found = model.guess_class(photos[:_PHOTOS])
    if not found:
        return None
    first = found[0]
    return ClassGuess(first.word, first.probability >= _SURE and not first.worn)
