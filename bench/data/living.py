"""Whether a class is of something alive, and of people: by its last word, toys aside."""

from bench.data.wording import templates

__all__ = ["is_live", "is_person"]


def is_live(class_word: str) -> bool:
    """Tell whether a class lives: "golden retriever puppy" does, "stuffed animal" does not."""
    return is_person(class_word) or _named(class_word, ("live", "live too"))


def is_person(class_word: str) -> bool:
    """Tell whether a class is of people."""
    return _named(class_word, ("people", "people too"))


def _named(class_word: str, lists: tuple[str, ...]) -> bool:
    """Look for a class, or where no word of it makes it a thing, for its last word."""
    words = class_word.lower().split()
    known = {one for name in lists for one in templates()[name]}
    if " ".join(words) in known:
        return True
    ends = {" ".join(words[-2:]), words[-1]} if words else set()
    return bool(ends & known) and not set(words) & set(templates()["things"])
