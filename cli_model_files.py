"""The files of models on this machine: what tells them apart, and how they are removed."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from backbone.catalog import Entry, HubSource
from backbone.home import find_home
from omni_errors import FolderError, NotFoundError, ResourceError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import HFCacheInfo

__all__ = ["ModelFiles", "find_model_files", "fingerprints", "no_folder"]

# hex digits of a hash that are shown, as in the name of a built model's folder
_SHOWN = 12


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model in a cache."""

    # bytes that removing them frees
    size: int
    where: Path
    remove: Callable[[], None]


def find_model_files(entry: Entry, revision: str | None = None) -> ModelFiles:
    """Find the files of a model that was pulled, whole or in part.

    Raises:
        NotFoundError: if the model has no files.
        FolderError: if they are not on this machine.
        UsageError: if it has no revisions and one is named.
    """
    if entry.hub is not None:
        return _pulled(entry, entry.hub, revision or entry.hub.revision)
    if entry.wheel is None:
        raise no_folder(entry)
    if revision:
        raise UsageError(f"The model {entry.name} has no revisions.", hint="Leave --revision out.")
    return _built(entry)


def fingerprints(folder: Path) -> str:
    """Tell weights apart: the files in a model's folder with the beginnings of their SHA-256."""
    told = []
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            told.append(f"{path.name} {file_digest(file, 'sha256').hexdigest()[:_SHOWN]}")
    return ", ".join(told)


def no_folder(entry: Entry) -> NotFoundError:
    """Say that a model has no files anywhere."""
    return NotFoundError(
        f"The model {entry.name} has no folder: its weights follow from a seed.",
        hint=f"Use it by name, as in `omni doctor --model {entry.name}`.",
    )


def _built(entry: Entry) -> ModelFiles:
    """Find what was built, also by other versions of the package's weights."""
    place = find_home().cache / "models"
    folders = sorted(path for path in place.glob(f"{entry.name}-*") if path.is_dir())
    if not folders:
        raise _not_here(entry)
    size = sum(file.stat().st_size for one in folders for file in one.rglob("*") if file.is_file())
    return ModelFiles(size, place, partial(_remove, place, folders))


def _remove(place: Path, folders: list[Path]) -> None:
    """Remove folders; one that is half removed must not be taken for a whole model."""
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".removed-") as gone:
            for folder in folders:
                folder.rename(Path(gone) / folder.name)
    except OSError as error:
        raise ResourceError(
            f"{place} cannot be changed: {error.strerror}.", hint="See `omni doctor`."
        ) from error


def _pulled(entry: Entry, source: HubSource, revision: str) -> ModelFiles:
    """Find one revision in the cache of the hub; what other revisions share with it stays."""
    found = _hub_cache()
    here = [one for one in found.repos if one.repo_id == source.repo] if found else []
    commits = [one.commit_hash for repo in here for one in repo.revisions]
    if found is None or revision not in commits:
        raise _not_here(entry, commits)
    doomed = found.delete_revisions(revision)
    return ModelFiles(doomed.expected_freed_size, here[0].repo_path, doomed.execute)


def _hub_cache() -> "HFCacheInfo | None":
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        return scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return None


def _not_here(entry: Entry, commits: "list[str] | tuple[()]" = ()) -> FolderError:
    others = f"Here is {', '.join(sorted(commits))}: name it with --revision." if commits else ""
    return FolderError(
        f"The model {entry.name} is not on this machine.", hint=others or "See `omni model list`."
    )
