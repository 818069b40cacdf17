"""Removing something again, from what came of it, while it is still seen."""

from collections.abc import Callable

from PIL import Image

from backbone.painting import Picture
from omni_errors import CancelledError

__all__ = ["remove_again"]

# what two more looks leave, more of them leave as well
_AGAIN = 2


def remove_again(
    made: Picture,
    edit: Callable[[Image.Image], Picture],
    sees: Callable[[Image.Image], bool],
) -> Picture:
    """Edit what came of a removal at most twice more, while ``sees`` says so.

    A removal may leave a half of what it removes; a second look mostly takes that as well. Who
    stops one gets what the one before made.
    """
    for _ in range(_AGAIN):
        if not sees(made.image):
            break
        try:
            made = edit(made.image)
        except CancelledError:
            # what is there by now is a picture, too
            break
    return made
