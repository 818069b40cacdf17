"""Where things live on this machine, by the rules of each system.

``OMNI_HOME`` moves everything under one folder. Weights are not here: pulled ones stay in the
Hugging Face cache. This module imports no torch and creates nothing at import.
"""

import os
from dataclasses import dataclass, fields
from pathlib import Path

from private_folders import private_folder

__all__ = ["Home", "find_home", "private_folder"]

_APP = "omni"


@dataclass(frozen=True)
class Home:
    """Name the four folders; none of them need exist yet."""

    # config.toml
    config: Path
    # database, concept tokens, images
    data: Path
    # history, logs
    state: Path
    # what can be computed again
    cache: Path

    @classmethod
    def below(cls, root: Path) -> "Home":
        """Name the four folders below one."""
        return cls(root / "config", root / "data", root / "state", root / "cache")

    def folders(self) -> dict[str, Path]:
        """Return the folders by what they hold."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def find_home() -> Home:
    """Tell where things live, without creating anything."""
    moved = os.environ.get("OMNI_HOME")
    if moved:
        return Home.below(Path(moved).expanduser().absolute())
    from platformdirs import PlatformDirs

    dirs = PlatformDirs(_APP, appauthor=False)
    return Home(
        dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, dirs.user_cache_path
    )
