"""Judges that are asked in words: the prompts are data, and replies are read in one way."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from PIL import Image

from bench.judges.judge import (
    MARKS,
    AskedAnswer,
    AskedEdit,
    AskedPicture,
    EditVerdict,
    Verdict,
)

__all__ = ["AskedJudge", "Asker", "numbers", "read_mark"]

# what a judge that chooses among replies may say of two marks
_TWO = tuple(f"{a} {b}" for a, b in ((0, 0), (2, 8), (5, 5), (8, 2), (8, 8), (10, 10)))
_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?![\w])")
# two marks on lines that are counted themselves
_LIST = re.compile(r"^\s*1[.)]\s+(.*\d.*)\n\s*2[.)]\s+(.*\d.*)$", re.MULTILINE)


class Asker(Protocol):
    """Reply to a prompt and pictures, remembering nothing."""

    name: str

    def ask(self, prompt: str, images: Sequence[Image.Image], choices: Sequence[str]) -> str:
        """Return the reply; ``choices`` are the replies that can be read."""
        ...


@cache
def _prompts() -> dict[str, str]:
    file = Path(__file__).parent / "prompts" / "judge.json"
    found: dict[str, str] = json.loads(file.read_text("utf-8"))
    return found


def numbers(reply: str, most: int = 10) -> list[float]:
    """Return the numbers of a reply, "8/10" and "8 out of 10" being 8 where 10 is the most."""
    bare = re.sub(rf"(?:/|\bout of\b)\s*{most}\b(?!\.\d)", "", reply, flags=re.IGNORECASE)
    return [float(found) for found in _NUMBER.findall(_LIST.sub(r"\1\n\2", bare))]


def read_mark(reply: str) -> float | None:
    """Read a mark, None if the reply has none, or several that differ."""
    found = set(numbers(reply, most=1))
    mark = found.pop() if len(found) == 1 else None
    return mark if mark in MARKS else None


class AskedJudge:
    """Judge by asking, a fresh call for each thing."""

    def __init__(self, asker: Asker) -> None:
        self.asker, self.name = asker, asker.name

    def answer(self, asked: AskedAnswer) -> Verdict:
        """Mark an answer in words."""
        prompt = _prompts()["answer"].format(
            question=asked.question, reference=asked.reference, prediction=asked.prediction
        )
        return self._mark(prompt, ())

    def picture(self, asked: AskedPicture) -> Verdict:
        """Mark whether a picture agrees with a fact."""
        prompt = _prompts()["picture"].format(
            prompt=asked.prompt, description=asked.description, fact=asked.fact.text
        )
        return self._mark(prompt, (asked.image,))

    def edit(self, asked: AskedEdit) -> EditVerdict:
        """Mark an edit in two calls: against its source, and as a picture alone."""
        prompts = [
            _prompts()["edit success"].format(instruction=asked.instruction),
            _prompts()["edit quality"],
        ]
        shown = [(asked.source, asked.result), (asked.result,)]
        raw = [
            self.asker.ask(prompt, images, _TWO)
            for prompt, images in zip(prompts, shown, strict=True)
        ]
        marks = [n for reply in raw for n in _two(reply)]
        whole = (marks[0], marks[1], marks[2], marks[3]) if len(marks) == 4 else None
        return EditVerdict(whole, "\n\n".join(prompts), "\n".join(raw))

    def _mark(self, prompt: str, images: Sequence[Image.Image]) -> Verdict:
        raw = self.asker.ask(prompt, images, ("0", "0.5", "1"))
        return Verdict(read_mark(raw), prompt, raw)


def _two(reply: str) -> list[float]:
    """Read two marks of 0 to 10, none if there are not just two."""
    found = numbers(reply)
    return found if len(found) == 2 and all(0 <= n <= 10 for n in found) else []
