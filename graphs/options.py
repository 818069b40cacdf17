"""How replay and recognition are done: values with defaults."""

from dataclasses import dataclass
from typing import Literal

from omni_errors import InputError

__all__ = ["RecognitionOptions", "ReplayOptions", "Source"]

Source = Literal["tokens", "profile", "both"]
_MOST_EXEMPLARS = 6


@dataclass(frozen=True)
class ReplayOptions:
    """Choose how knowledge is replayed."""

    # solved examples before every request to the parser and the composer, 0 to 6
    exemplars: int = 6
    # where facts come from: the concept's rows, the stored facts, or these and then those
    source: Source = "both"

    def __post_init__(self) -> None:
        if not 0 <= self.exemplars <= _MOST_EXEMPLARS:
            raise InputError(
                f"exemplars is {self.exemplars}.", hint=f"Allowed are 0 to {_MOST_EXEMPLARS}."
            )
        if self.source not in ("tokens", "profile", "both"):
            raise InputError(
                f"source is {self.source!r}.", hint="Allowed are tokens, profile and both."
            )


@dataclass(frozen=True)
class RecognitionOptions:
    """Choose when a photo is said to show somebody; below, it is nobody I know."""

    # log p(yes) - log p(no) of the model
    margin: float = 0.0
    # cosine similarity to the nearest photo of the concept
    similarity: float = 0.3
    # concepts that the model is asked about, the nearest by photo
    candidates: int = 12
