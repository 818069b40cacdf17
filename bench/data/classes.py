"""Whether two class words name one kind of thing, however they are written."""

__all__ = ["same_class"]

# what a plural adds, and what stands in its place when there is one of it
_PLURALS = (("ies", "y"), ("es", ""), ("s", ""))


def same_class(first: str, second: str) -> bool:
    """Tell whether two classes are one, or end in one word: "dogs" and "golden retriever dog"."""
    ours, theirs = first.lower(), second.lower()
    ends = [text.split()[-1:] for text in (ours, theirs)]
    if ours == theirs or not all(ends):
        return ours == theirs
    (mine,), (other,) = ends
    return mine in _forms(other) or other in _forms(mine)


def _forms(word: str) -> set[str]:
    """Return a word, and what it may be the plural of."""
    return {word} | {
        word.removesuffix(ending) + one for ending, one in _PLURALS if word.endswith(ending)
    }
