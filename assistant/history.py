"""The lines that users type in chats: a file for each, so that nobody sees another's."""

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from memory.names import check_name, name_key

if TYPE_CHECKING:
    from memory.wording import Wording

__all__ = ["forget_lines", "history_file", "history_files"]

# who has the file that there was before each user got one
_FIRST = "me"
# hexadecimal digits that stand for a name, of which not every one could be a file's
_DIGITS = 16


def history_file(state: Path, user: str) -> Path:
    """Name the file of a user's lines, whether it is there or not.

    Raises:
        InputError: if no user can be called so.
    """
    key = name_key(check_name(user, "user"))
    if key == _FIRST:
        return state / "history"
    return state / f"history-{sha256(key.encode()).hexdigest()[:_DIGITS]}"


def history_files(state: Path) -> tuple[Path, ...]:
    """Return the files of all users."""
    named = re.compile(rf"history(-[0-9a-f]{{{_DIGITS}}})?")
    return tuple(path for path in sorted(state.glob("history*")) if named.fullmatch(path.name))


def forget_lines(file: Path, wording: "Wording") -> int:
    """Take the entries that say something out of a file; return how many there were."""
    if not file.is_file():
        return 0
    # each entry is a comment with the time, then its lines, each after a plus sign
    entries = re.split(r"(?m)^(?=\n?# )", file.read_bytes().decode("utf8", "replace"))
    kept = [entry for entry in entries if not wording.search(_said(entry))]
    if len(kept) < len(entries):
        file.write_bytes("".join(kept).encode("utf8"))
    return len(entries) - len(kept)


def _said(entry: str) -> str:
    """Return what was typed, without the time, in which a number may be somebody's name."""
    return "\n".join(line[1:] for line in entry.split("\n") if line.startswith("+"))
