"""The words and prompts beside the code, as they stand in ``prompts/*.json``."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["data"]


@cache
def data(name: str) -> Any:
    """Return one file's content; it is read once and not to be changed."""
    return json.loads((files("graphs") / "prompts" / f"{name}.json").read_text("utf-8"))
