"""Text to ids and back.

Two kinds: plain bytes, which need no files and serve the small presets without weights, and the
tokenizer whose files lie in a model's folder. Neither adds special tokens, and neither reads one
out of typed text: what a person types can never close a segment.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from omni_errors import FolderError

__all__ = ["ByteTokenizer", "FolderTokenizer", "Tokenizer", "tokenizer_for"]


class Tokenizer(Protocol):
    """Say what the house needs of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, special tokens in it taken as plain characters."""

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; broken characters become U+FFFD."""


class ByteTokenizer:
    """Take every byte of UTF-8 as an id from 0 to 255."""

    def encode(self, text: str) -> list[int]:
        """Return one id per byte."""
        return list(text.encode("utf8"))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text; ids past 255 have no byte and vanish."""
        return bytes(i for i in ids if i < 256).decode("utf8", errors="replace")


class FolderTokenizer:
    """Use the tokenizer files of a model folder through transformers, never the network.

    Raises:
        FolderError: if the files are missing or unreadable.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer

        try:
            self._inner: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError) as error:
            raise FolderError(
                f"The folder {folder} has no tokenizer that can be read.",
                hint="It needs tokenizer.json and tokenizer_config.json; pull the model again.",
            ) from error

    def encode(self, text: str) -> list[int]:
        """Return ids; a special token typed in the text is split like any other word."""
        out = self._inner(text, add_special_tokens=False, split_special_tokens=True)
        return list(out["input_ids"])

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text without special tokens."""
        return str(self._inner.decode(list(ids), skip_special_tokens=True))


def tokenizer_for(kind: str, folder: Path | None) -> Tokenizer:
    """Make the tokenizer a config names: "bytes", or the one in the model's folder."""
    if kind == "bytes":
        return ByteTokenizer()
    if folder is None:
        raise FolderError("This model reads its tokenizer from its folder, but it has none.")
    return FolderTokenizer(folder)
