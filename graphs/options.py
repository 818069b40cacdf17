"""How replay and recognition are done: values with defaults."""

from dataclasses import dataclass
from typing import Literal, get_args

from omni_errors import InputError

__all__ = ["RecognitionOptions", "ReplayOptions", "Source"]

Source = Literal["tokens", "profile", "both", "none"]
_MOST_EXEMPLARS = 6


@dataclass(frozen=True)
class ReplayOptions:
    """Choose how knowledge is replayed."""

    # solved examples before every request to the parser and the composer, 0 to 6
    exemplars: int = 6
    # where facts come from: the concept's rows, the stored facts, or these and then those;
    # "none" leaves requests as they are
    source: Source = "both"
    # stored facts of a concept that the model reads at once; of more, those nearest to what is
    # asked. Small models answer from few lines better than from many
    facts: int = 8

    def __post_init__(self) -> None:
        if self.facts < 1:
            raise InputError(f"facts is {self.facts}.", hint="Allowed is 1 or more.")
        if not 0 <= self.exemplars <= _MOST_EXEMPLARS:
            raise InputError(
                f"exemplars is {self.exemplars}.", hint=f"Allowed are 0 to {_MOST_EXEMPLARS}."
            )
        if self.source not in get_args(Source):
            allowed = ", ".join(get_args(Source))
            raise InputError(f"source is {self.source!r}.", hint=f"Allowed are {allowed}.")


@dataclass(frozen=True)
class RecognitionOptions:
    """Choose when a photo is said to show somebody; below, it is nobody I know.

    The strength of a concept is its similarity and a little of the model's own opinion.
    """

    # the strength from which on it is shown; on photos of twenty subjects in two halves
    # (`bench.remembering`) nobody known is lost between 0.26 and 0.32, and a wrong name is worse
    # than none
    strength: float = 0.32
    # how much weaker than the strongest concept it may be
    behind: float = 0.03
    # what log p(yes) - log p(no) of the model adds, per nat and up to so many nats; 0 where the
    # model's opinion is worth nothing
    margin_weight: float = 0.01
    most_margin: float = 8.0
    # concepts that are looked at, the nearest by photo
    candidates: int = 12
