"""Which code made a result: the version it calls itself, and hashes of its files."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.data.contents import hash_files

__all__ = ["code_version", "judging_version", "package_version", "scenes_version"]

_ROOT = Path(__file__).parents[2]
# what a result can depend on
_FOLDERS = ("backbone", "bench", "graphs", "learning")
# by what words judges read claims and places
_WORDS = "bench/data/templates.json"
# what composes scenes, looks at them and keeps what was seen, beside all of backbone/mini
_SCENES = (
    "backbone/efficientnet.py",
    "bench/data/templates.json",
    "bench/judges/scenes.py",
    "bench/metrics/encoders.py",
    "bench/metrics/similarity.py",
    "bench/metrics/surroundings.py",
)


def package_version() -> str:
    """Return the version that is installed, "" of code that is not."""
    try:
        return version("omnipersona")
    except PackageNotFoundError:
        return ""


@cache
def code_version() -> str:
    """Name the code that runs by its content: versions stay while code changes."""
    return hash_files(_ROOT, [file for folder in _FOLDERS for file in _files(folder)])


@cache
def judging_version() -> str:
    """Name the code that judges: marks by other rules are not the same marks."""
    files = [*_files("bench/judges"), *_files("bench/metrics"), _ROOT / _WORDS]
    return hash_files(_ROOT, files)[:8]


@cache
def scenes_version() -> str:
    """Name the code by which the reader of scenes is made."""
    return hash_files(_ROOT, _files("backbone/mini") + [_ROOT / name for name in _SCENES])[:8]


def _files(folder: str) -> list[Path]:
    """List code, and the words that it reads: a prompt that changes is another judge."""
    return [file for kind in ("*.py", "*.json") for file in (_ROOT / folder).rglob(kind)]
