"""Subjects that failed: remembered while the others go on, and told at the end."""

import traceback

from omni_errors import CancelledError, OmniError, ResourceError

__all__ = ["Failures", "SubjectsFailedError"]

# how many have to fail alike before any is done, for what they fail by to be about none of them
_ALIKE = 2
_AGAIN = "Run again with the same options: it goes on with these."


class SubjectsFailedError(ResourceError):
    """Some subjects failed; the others are done, and what was found of them can be reported."""


class Failures:
    """What became of the subjects of a run."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.errors: dict[str, Exception] = {}

    def add(self, name: str, error: BaseException) -> None:
        """Remember why a subject failed.

        Raises:
            BaseException: what it is, if somebody stopped the work, or if the first subjects fail
                alike.
        """
        if not isinstance(error, Exception) or isinstance(error, CancelledError):
            raise error
        # else its pictures and rows would be kept along with it
        traceback.clear_frames(error.__traceback__)
        self.errors[name] = error
        reasons = {_reason(one) for one in self.errors.values()}
        if not self.done and len(self.errors) == _ALIKE and len(reasons) == 1:
            raise error

    def raise_common(self) -> None:
        """Raise the first failure as what it is, if no subject was done."""
        if self.errors and not self.done:
            raise self._first

    def raise_all(self) -> None:
        """Say which subjects failed, if any did.

        Raises:
            SubjectsFailedError: with the exit code and the hint of the first failure.
        """
        if not self.errors:
            return
        first, number = self._first, len(self.errors) + len(self.done)
        told = "; ".join(f"{name} ({_reason(error)})" for name, error in self.errors.items())
        hint = first.hint if isinstance(first, OmniError) else ""
        failed = SubjectsFailedError(
            f"{len(self.errors)} of {number} subjects failed, the others are done: {told}.",
            hint=f"{hint} {_AGAIN}".strip(),
        )
        failed.exit_code = getattr(first, "exit_code", failed.exit_code)
        raise failed from first

    @property
    def _first(self) -> Exception:
        return next(iter(self.errors.values()))


def _reason(error: Exception) -> str:
    if isinstance(error, OmniError):
        return error.message
    return f"{type(error).__name__}: {error}"
