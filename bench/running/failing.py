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
    """Some methods failed on one subject; ``partly``: the others are done."""

    partly = True


class Failures:
    """What became of the subjects of a run, or of the methods of one subject.

    ``alike`` gives up when the first ones fail by the same, each of them whole.
    """

    def __init__(self, *, alike: bool = True) -> None:
        self.alike = alike
        self.done: list[str] = []
        self.errors: dict[str, Exception] = {}

    def add(self, name: str, error: BaseException) -> None:
        """Remember why a subject, or a method, failed.

        Raises:
            BaseException: what it is, if somebody stopped the work, or if the first ones fail
                alike.
        """
        if not isinstance(error, Exception) or isinstance(error, CancelledError):
            raise error
        # else its pictures and rows would be kept along with it
        traceback.clear_frames(error.__traceback__)
        self.errors[name] = error
        if self.alike and len(self.errors) == _ALIKE and self._reason and not self._any_done:
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
            Exception: what all of them failed by.
        """
        if self.errors and not self.done and self._reason:
            raise self._first
        if self.errors:
            failed = MethodsFailedError(self._summed("methods", "the others are"), hint=self._hint)
            failed.partly = bool(self.done)
            raise self._told(failed)

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
        return any(isinstance(e, MethodsFailedError) and e.partly for e in self.errors.values())

    @property
    def _any_done(self) -> bool:
        return bool(self.done) or self._partly

    @property
    def _reason(self) -> str:
        """Return what all failed by, "" if they failed by different things."""
        reasons = {_reason(error) for error in self.errors.values()}
        return reasons.pop() if len(reasons) == 1 else ""

    @property
    def _hint(self) -> str:
        return self._first.hint if isinstance(self._first, OmniError) else ""

    @property
    def _first(self) -> Exception:
        return next(iter(self.errors.values()))


def _reason(error: Exception) -> str:
    return error.message if isinstance(error, OmniError) else f"{type(error).__name__}: {error}"
