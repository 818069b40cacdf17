"""What a name and a text may be. Anything allowed is stored as plain data.

``..``, ``[bold]`` or a line of SQL are names like others: no file is called after one, and no
statement or markup is put together from one.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from omni_errors import InputError

__all__ = [
    "MAX_FACT",
    "MAX_NAME",
    "MAX_TEXT",
    "check_id",
    "check_json",
    "check_name",
    "check_text",
    "folded",
    "name_key",
]

# characters
MAX_NAME = 64
MAX_FACT = 2_000
MAX_TEXT = 1_000_000
_HINT = f"Use 1 to {MAX_NAME} letters, digits, signs or spaces, on one line, without < and >."
_ID = re.compile(r"[0-9a-f]{32}")
# joiners hold emoji and some scripts together
_JOINERS = "\u200c\u200d"
_REFUSED = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
# of a zero character in JSON; after a backslash of its own the same letters are text
_ZERO = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def check_id(id: str) -> str:
    """Return an id as it is.

    Raises:
        InputError: if it is none that `new_id` could have given.
    """
    if not _ID.fullmatch(id):
        raise InputError(f"{id!r} is no id.", hint="Use 32 hexadecimal digits, or none.")
    return id


def check_name(name: str, what: str = "concept") -> str:
    """Return a name as it is kept: composed, without spaces around it.

    Raises:
        InputError: if it is empty, too long, or holds characters that no name has.
    """
    kept = re.sub(r" +", " ", unicodedata.normalize("NFC", name)).strip()
    if not kept.strip(_JOINERS):
        raise InputError(f"The {what} name {name!r} is empty.", hint=_HINT)
    if len(kept) > MAX_NAME:
        raise InputError(
            f"The {what} name {kept[:20]!r}… has {len(kept)} characters; "
            f"at most {MAX_NAME} are allowed.",
            hint=_HINT,
        )
    # angle brackets would read as tokens of a model
    for character in kept:
        category = unicodedata.category(character)
        if character in "<>" or (category in _REFUSED and character not in _JOINERS):
            raise InputError(f"The {what} name {kept!r} holds {character!r}.", hint=_HINT)
    return kept


def name_key(name: str) -> str:
    """Return what two names share when they differ only in case or width."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def folded(text: str) -> str:
    """Return what two texts share when they differ only in case, or in how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def check_text(text: str, what: str, limit: int = MAX_TEXT, *, empty: bool = True) -> str:
    """Return a text without spaces around it.

    Raises:
        InputError: if it is too long, empty where it must not be, or no valid text.
    """
    kept = text.strip()
    if not kept and not empty:
        raise InputError(f"The {what} is empty.", hint=f"Give 1 to {limit} characters.")
    if len(kept) > limit:
        raise InputError(
            f"The {what} has {len(kept)} characters; at most {limit} are allowed.",
            hint="Shorten it.",
        )
    for character in kept:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r\x1b":
            raise InputError(
                f"The {what} holds {character!r}, which is no text.", hint="Remove it."
            )
    return kept


def check_json(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a mapping as JSON gives it back.

    Raises:
        InputError: if it is no JSON object: other types, or numbers that are not finite.
    """
    try:
        text = json.dumps(dict(value), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"The {what} cannot be kept as JSON: {error}.",
            hint="Use text, finite numbers, true, false, null, lists and objects.",
        ) from error
    if _ZERO.search(text):
        raise InputError(f"The {what} holds a zero character.", hint="Remove it.")
    kept: dict[str, Any] = json.loads(text)
    return kept
