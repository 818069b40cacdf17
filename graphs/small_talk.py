"""What no model has to answer: thanks, what this program can do, and whom it knows."""

import re
from collections.abc import Sequence

from graphs.data import data
from graphs.ports import Known
from graphs.profile import asks
from graphs.router import bare_request, unpolite

__all__ = ["NO_MODEL", "all_of", "pleasantry"]

# why a turn that is small talk went where it did
NO_MODEL = "needs no model"


def pleasantry(
    text: str, known: Sequence[Known], *, photo: bool = False, picture: bool = False
) -> str:
    """Answer such a text, "" to anything else; beside a ``photo`` it may be about that.

    ``picture``: is there one to change?
    """
    # "thank you so much" is polite all through
    forms = [one.replace("’", "'") for one in (text.strip(), unpolite(bare_request(text)))]
    if not photo and any(asks("of_known", form) for form in forms):
        return _known(known)
    for one in data("pleasantries"):
        beside = photo and not one.get("photo", True)
        fits = one.get("pictured", True) or not (photo or picture)
        if (
            fits
            and not beside
            and any(re.search(one["pattern"], form, re.IGNORECASE) for form in forms)
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
