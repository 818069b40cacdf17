"""What was done, line by line: a result is written when it is there, and never done again.

A line is JSON. A kill may cut the last line short; it is dropped and its item done again.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Ledger", "Result", "read_results"]


@dataclass(frozen=True)
class Result:
    """One item done by one method: what came out, its numbers, and how it came about.

    ``verdicts`` hold each judge's prompt and raw reply, ``provenance`` what would be needed to
    do it again.
    """

    method: str
    subject: str
    item: str
    task: str
    # a text, or the path of a picture in the results' folder
    output: str
    values: dict[str, float] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    trace: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    kind: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Tell results apart: of one method and item the last counts."""
        return self.method, self.item

    @property
    def name(self) -> str:
        """Name what was done, and with which settings."""
        return f"{self.method} {self.item} {self.settings}"

    @property
    def settings(self) -> str:
        """Name what the result was made with, "" if nobody wrote it down."""
        return str(self.provenance.get("settings", ""))


class Ledger:
    """The results of one subject as a file of lines; one process writes to it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        self.results = list(read_results(file))
        # of several lines the last counts: its picture has taken the place of theirs
        self._done = {one.key: one.settings for one in self.results}
        self._mend()

    def _mend(self) -> None:
        """Write whole lines only, where the last one was cut short."""
        if not self.file.is_file() or self.file.read_bytes().endswith(b"\n"):
            return
        waiting = self.file.with_suffix(".new")
        waiting.write_text("".join(_line(one) for one in self.results), "utf-8")
        waiting.replace(self.file)

    def has(self, method: str, item: str, settings: str) -> bool:
        """Tell whether an item was done with these settings, and not with others since."""
        return self._done.get((method, item)) == settings

    def add(self, result: Result) -> None:
        """Write a result down."""
        with self.file.open("a", encoding="utf-8") as file:
            file.write(_line(result))
        self._done[result.key] = result.settings
        self.results.append(result)


def _line(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False) + "\n"


def read_results(file: Path) -> Iterator[Result]:
    """Read whole lines; what is cut short is no result."""
    if not file.is_file():
        return
    # at b"\n" alone: JSON leaves U+2028 and U+0085 raw, and a cut may fall inside a letter
    for line in file.read_bytes().split(b"\n"):
        try:
            yield Result(**json.loads(line))
        except (ValueError, TypeError):
            continue
