"""What failed of a run: remembered while the rest goes on, and told at the end.

A subject may fail whole, or some methods of it.
"""

import traceback

from omni_errors import CancelledError, OmniError, ResourceError

__all__ = ["Failures", "MethodsFailedError", "SubjectsFailedError"]

# how many have to fail alike before any is done, for what they fail by to be about none of them
_ALIKE = 2
_AGAIN = "Run again with the same options: it goes on with these."


class SubjectsFailedError(ResourceError):
    """Some subjects failed; the others are done, and what was found of them can be reported."""


class MethodsFailedError(ResourceError):
    """Some methods failed on one subject; the others are done."""


class Failures:
    """What became of the subjects of a run, or of the methods of one subject."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.errors: dict[str, Exception] = {}

    def add(self, name: str, error: BaseException) -> None:
        """Remember why a subject, or a method, failed.

        Raises:
            BaseException: what it is, if somebody stopped the work, or if the first ones fail
                alike, each of them whole.
        """
        if not isinstance(error, Exception) or isinstance(error, CancelledError):
            raise error
        # else its pictures and rows would be kept along with it
        traceback.clear_frames(error.__traceback__)
        self.errors[name] = error
        reasons = {_reason(one) for one in self.errors.values()}
        if not self._any_done and len(self.errors) == _ALIKE and len(reasons) == 1:
            raise error

    def raise_common(self) -> None:
        """Raise the first failure as what it is, if nothing was done."""
        if self.errors and not self._any_done:
            raise self._first

    def raise_subjects(self) -> None:
        """Say which subjects failed, if any did.

        Raises:
            SubjectsFailedError: with the exit code and the hint of the first failure.
        """
        if self.errors:
            partly = "wholly or in part; the rest is" if self._partly else "the others are"
            hint = f"{self._hint} {_AGAIN}".strip()
            raise self._told(SubjectsFailedError(self._summed("subjects", partly), hint=hint))

    def raise_methods(self) -> None:
        """Say which methods of a subject failed, if any did.

        Raises:
            MethodsFailedError: with the exit code and the hint of the first failure.
        """
        if self.errors:
            text = self._summed("methods", "the others are")
            raise self._told(MethodsFailedError(text, hint=self._hint))

    def _summed(self, what: str, rest: str) -> str:
        number = len(self.errors) + len(self.done)
        told = "; ".join(f"{name} ({_reason(error)})" for name, error in self.errors.items())
        return f"{len(self.errors)} of {number} {what} failed, {rest} done: {told}."

    def _told(self, failed: OmniError) -> OmniError:
        failed.exit_code = getattr(self._first, "exit_code", failed.exit_code)
        failed.__cause__ = self._first
        return failed

    @property
    def _partly(self) -> bool:
        return any(isinstance(error, MethodsFailedError) for error in self.errors.values())

    @property
    def _any_done(self) -> bool:
        return bool(self.done) or self._partly

    @property
    def _hint(self) -> str:
        return self._first.hint if isinstance(self._first, OmniError) else ""

    @property
    def _first(self) -> Exception:
        return next(iter(self.errors.values()))


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, OmniError) else f"{type(error).__name__}: {error}"
