"""What no model has to answer: thanks, what this program can do, and whom it knows."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.ports import Known
from graphs.profile import asks
from graphs.router import unpolite

__all__ = ["all_of", "pleasantry"]


def pleasantry(text: str, known: Sequence[Known], names: Sequence[str]) -> str:
    """Answer such a text, which is about the concepts with ``names``; "" to anything else."""
    bare = unpolite(text.strip())
    if asks("of_known", bare):
        return _known(known)
    for one in data("pleasantries"):
        if bool(names) is one.get("named", False) and re.search(
            one["pattern"], bare, re.IGNORECASE
        ):
            return str(one["reply"])
    return ""


def _known(known: Sequence[Known]) -> str:
    """Say who is known, with what each is."""
    said = data("sayings")
    told = [
        said["known_one"].format(name=c.name, kind=c.class_name) if c.class_name else c.name
        for c in known
    ]
    return str(said["known"].format(names=all_of(told)) if told else said["nobody_known"])


def all_of(names: Sequence[str]) -> str:
    """Say names as a list: "Maeve, Rex and Kai"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
