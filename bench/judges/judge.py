"""What a judge is asked and what it says: marks, with the prompt and the raw reply.

Each call stands for itself: no judge remembers an earlier one.
"""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from bench.data.items import Fact
from bench.metrics.editing import EditScore, Mask, edit_score

__all__ = ["MARKS", "AlwaysOne", "AskedAnswer", "AskedEdit", "AskedPicture", "EditVerdict"]
__all__ += ["Judge", "Verdict"]

# irrelevant or against the fact, partly right, right
MARKS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class AskedAnswer:
    """An answer in words, beside the reference."""

    question: str
    reference: str
    prediction: str


@dataclass(frozen=True)
class AskedPicture:
    """A picture that should agree with a fact which its prompt does not say."""

    image: Image.Image
    prompt: str
    fact: Fact
    description: str


@dataclass(frozen=True)
class AskedEdit:
    """An edit: before, after, the instruction, a reference, and where it may change."""

    source: Image.Image
    result: Image.Image
    instruction: str
    target: Image.Image
    mask: Mask


@dataclass(frozen=True)
class Verdict:
    """A mark of `MARKS`, None if the reply could not be read or there is nothing to go by."""

    mark: float | None
    prompt: str
    raw: str


@dataclass(frozen=True)
class EditVerdict:
    """Four marks, 0 to 10, None if the reply could not be read."""

    marks: tuple[float, float, float, float] | None
    prompt: str
    raw: str

    @property
    def score(self) -> EditScore | None:
        """Combine the marks."""
        return None if self.marks is None else edit_score(*self.marks)


class Judge(Protocol):
    """Judge answers, pictures and edits."""

    name: str

    def answer(self, asked: AskedAnswer) -> Verdict:
        """Mark an answer in words."""
        ...

    def picture(self, asked: AskedPicture) -> Verdict:
        """Mark whether a picture agrees with a fact."""
        ...

    def edit(self, asked: AskedEdit) -> EditVerdict:
        """Mark an edit: success, restraint, naturalness, freedom from artefacts."""
        ...


class AlwaysOne:
    """A control: everything is right."""

    name = "always 1"

    def answer(self, asked: AskedAnswer) -> Verdict:
        """Say 1."""
        return Verdict(1.0, "", "1")

    def picture(self, asked: AskedPicture) -> Verdict:
        """Say 1."""
        return Verdict(1.0, "", "1")

    def edit(self, asked: AskedEdit) -> EditVerdict:
        """Say 10 four times."""
        return EditVerdict((10.0, 10.0, 10.0, 10.0), "", "10 10 10 10")
