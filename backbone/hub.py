"""Pull released weights from the Hugging Face hub; nothing here runs unless asked.

Files stay in the Hugging Face cache, which resumes broken downloads by itself. The hub client is
imported only when one of these functions runs.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backbone.catalog import Entry, HubSource
from omni_errors import DownloadError, FolderError, ResourceError, UsageError

__all__ = ["Download", "PullPlan", "plan_pull", "pull", "pulled_folder", "require_space"]

# `huggingface_hub.snapshot_download`, or what a test puts in its place
Download = Callable[..., Any]


@dataclass(frozen=True)
class PullPlan:
    """Say what a pull would fetch."""

    repo: str
    revision: str
    # bytes in all, and those not on this machine yet
    total: int
    missing: int


def plan_pull(
    entry: Entry, revision: str | None = None, *, download: Download | None = None
) -> PullPlan:
    """Ask the hub how much there is to fetch.

    Raises:
        UsageError: if the model needs no download.
        DownloadError: if the hub cannot be reached or says no.
    """
    source = _source(entry)
    with _plain_errors(entry, source, revision):
        files = (download or _snapshot_download())(**_request(source, revision), dry_run=True)
    return PullPlan(
        repo=source.repo,
        revision=revision or source.revision,
        total=sum(file.file_size or 0 for file in files),
        missing=sum(file.file_size or 0 for file in files if file.will_download),
    )


def require_space(plan: PullPlan, free: int | None = None) -> None:
    """Refuse a pull that would fill the disk; ``free`` bytes, by default those of the cache.

    Raises:
        ResourceError: if less is free than the pull would fetch.
    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    if free is None:
        nearest = next(path for path in (cache, *cache.parents) if path.exists())
        free = shutil.disk_usage(nearest).free
    if plan.missing > free:
        raise ResourceError(
            f"{plan.repo} needs {plan.missing / 1e9:.1f} GB more in {cache}, but "
            f"{free / 1e9:.1f} GB are free.",
            hint="Make room, or set HF_HOME to a folder on a larger disk.",
        )


def pull(entry: Entry, revision: str | None = None, *, download: Download | None = None) -> Path:
    """Fetch a model's files into the cache and return its folder.

    Raises:
        UsageError: if the model needs no download.
        DownloadError: if the hub cannot be reached or says no.
    """
    source = _source(entry)
    with _plain_errors(entry, source, revision):
        return Path((download or _snapshot_download())(**_request(source, revision)))


def pulled_folder(entry: Entry, *, download: Download | None = None) -> Path:
    """Return the folder of a pulled model without asking the network.

    Raises:
        FolderError: if the model has not been pulled, or not completely.
    """
    from huggingface_hub.errors import LocalEntryNotFoundError

    source = _source(entry)
    hint = f"Run `omni model pull {entry.name}`."
    try:
        get = download or _snapshot_download()
        folder = Path(get(**_request(source, None), local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise FolderError(f"The model {entry.name} is not on this machine.", hint=hint) from error
    lacking = [name for name in source.files if not (folder / name).is_file()]
    if lacking:
        raise FolderError(f"The model {entry.name} lacks {lacking[0]}.", hint=hint)
    return folder


def _source(entry: Entry) -> HubSource:
    if entry.hub is None:
        raise UsageError(
            f"The model {entry.name} needs no download: its weights follow from a seed.",
            hint=f"Use it by name, as in `omni doctor --model {entry.name}`.",
        )
    return entry.hub


def _request(source: HubSource, revision: str | None) -> dict[str, Any]:
    return {
        "repo_id": source.repo,
        "revision": revision or source.revision,
        "allow_patterns": list(source.files),
    }


def _snapshot_download() -> Download:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils import logging

    # Its retries would surround our one sentence with a dozen lines; bars stay.
    logging.set_verbosity_error()
    return snapshot_download


@contextmanager
def _plain_errors(entry: Entry, source: HubSource, revision: str | None) -> Iterator[None]:
    """Turn the hub's errors into one sentence each."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, RevisionResolutionError, XetDownloadError

    known = (HfHubHTTPError, RevisionResolutionError, XetDownloadError, httpx2.HTTPError, OSError)
    try:
        yield
    except known as error:
        again = f"Run `omni model pull {entry.name}` again; it goes on where it stopped."
        wanted = revision or source.revision
        raise _explained(error, source.repo, wanted, again) from error


def _explained(error: Exception, repo: str, revision: str, again: str) -> DownloadError:
    import httpx2
    from huggingface_hub import errors

    page = f"https://huggingface.co/{repo}"
    # in order: a gated repository counts as a missing one, too
    sentences: tuple[tuple[type[Exception], str, str], ...] = (
        (
            errors.OfflineModeIsEnabled,
            "Downloads are switched off by HF_HUB_OFFLINE.",
            "Unset it, then pull again.",
        ),
        (
            errors.GatedRepoError,
            f"{repo} asks you to accept its licence first.",
            f"Accept it at {page}, then run `hf auth login`.",
        ),
        (
            errors.RepositoryNotFoundError,
            f"The hub has no {repo}, or not for you.",
            "Run `hf auth whoami`.",
        ),
        (
            errors.RevisionNotFoundError,
            f"{repo} has no revision {revision!r}.",
            "Leave --revision out to take the tested one.",
        ),
        (errors.LocalEntryNotFoundError, f"The hub cannot be reached to fetch {repo}.", again),
        (httpx2.TransportError, f"The hub cannot be reached to fetch {repo}.", again),
        (errors.HfHubHTTPError, f"The hub answered with an error: {_line(error)}", again),
    )
    causes = list(_chain(error))
    for kind, message, hint in sentences:
        if any(isinstance(cause, kind) for cause in causes):
            return DownloadError(message, hint=hint)
    return DownloadError(f"The download broke off: {_line(error)}", hint=again)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then its causes: a dry run wraps what really happened."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _line(error: Exception) -> str:
    """Return the first line of an error's text."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
