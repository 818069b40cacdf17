"""Text of people and models as it may be shown: nothing in it steers a terminal."""

import unicodedata

__all__ = ["legible"]

# lines and columns, and what joins letters or emoji into one sign
_KEPT = "\n\t\u200c\u200d"


def legible(text: str) -> str:
    """Replace what is no text; spaces of every kind stay, since names and paths hold them."""
    return "".join(character if _is_text(character) else "\ufffd" for character in text)


def _is_text(character: str) -> bool:
    if character.isprintable() or character in _KEPT:
        return True
    return unicodedata.category(character) == "Zs"
