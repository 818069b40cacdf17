"""Every error a user may see, in one tree.

::

    OmniError                 the base: one sentence, a hint, an exit code
    ├── UsageError            2  the call itself is wrong
    ├── NotFoundError         3  a named thing does not exist
    ├── RefusedError          4  policy or consent says no
    ├── WeightsError          5  weights or files of a model cannot be used
    │   ├── FolderError          the folder lacks a file, or a file is not readable
    │   ├── TensorError          a tensor is missing, unknown or of another shape
    │   ├── TruncatedError       a file is shorter than its header says
    │   └── DownloadError        the hub could not be reached, or said no
    ├── ResourceError         1  too little memory, or a device or package that is not there
    ├── InputError            2  a text, image or number outside what is allowed
    └── CancelledError      130  the user stopped it

Two grow where they belong: `learning.checkpoint.CheckpointError` is a WeightsError, and
`bench.running.failing.SubjectsFailedError` and `MethodsFailedError` a ResourceError each.

Anything else that escapes is a bug and may show a traceback. The module imports nothing, so
that ``omni --help`` stays light.
"""

__all__ = [
    "CancelledError",
    "DownloadError",
    "FolderError",
    "InputError",
    "NotFoundError",
    "OmniError",
    "RefusedError",
    "ResourceError",
    "TensorError",
    "TruncatedError",
    "UsageError",
    "WeightsError",
]


class OmniError(Exception):
    """Say what is wrong in one sentence, and what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(OmniError):
    """The call is wrong."""

    exit_code = 2


class InputError(OmniError):
    """A text, image or number is outside what is allowed."""

    exit_code = 2


class NotFoundError(OmniError):
    """A named thing does not exist."""

    exit_code = 3


class RefusedError(OmniError):
    """Policy or consent says no."""

    exit_code = 4


class WeightsError(OmniError):
    """Weights or files of a model cannot be used."""

    exit_code = 5


class FolderError(WeightsError):
    """A model folder lacks a file, or holds one that cannot be read."""


class TensorError(WeightsError):
    """A tensor is missing, unknown or of another shape."""


class TruncatedError(WeightsError):
    """A file is shorter than its header says."""


class DownloadError(WeightsError):
    """The hub could not be reached, or refused."""


class ResourceError(OmniError):
    """Memory, a device or an optional package is missing."""


class CancelledError(OmniError):
    """The user stopped the work."""

    exit_code = 130
