"""The words and prompts beside the code, as they stand in ``prompts/*.json``."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["data"]

_COLOURS = (
    "red|blue|green|yellow|orange|purple|violet|pink|brown|black|white|gr[ae]y|gold(?:en)?"
    "|silver|turquoise|beige"
)


@cache
def data(name: str) -> Any:
    """Return one file's content; it is read once and not to be changed.

    Rules say COLOURS for the words of all colours.
    """
    text = (files("graphs") / "prompts" / f"{name}.json").read_text("utf-8")
    return json.loads(text.replace("COLOURS", _COLOURS))
