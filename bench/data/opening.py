"""Open a bench: read the one that is there, or build it of a folder of subjects."""

from pathlib import Path

from bench.data.building import build_bench
from bench.data.items import Bench, read_bench
from bench.data.reading import find_subjects
from bench.data.unifybench import is_unifybench, read_unifybench
from omni_errors import InputError

__all__ = ["open_bench"]


def open_bench(subjects: Path, folder: Path, *, seed: int = 0, held_out: int = 2) -> Bench:
    """Return the bench of a folder of subjects, building it once.

    Raises:
        NotFoundError: if there is no such folder.
        InputError: if the folder holds the bench of other subjects, or another seed.
    """
    if (folder / "bench.json").is_file():
        return _checked(read_bench(folder), subjects, seed, held_out)
    if is_unifybench(subjects):
        return read_unifybench(subjects, folder, seed=seed)
    return build_bench(find_subjects(subjects), folder, seed=seed, held_out=held_out)


def _checked(bench: Bench, subjects: Path, seed: int, held_out: int) -> Bench:
    """Refuse to mix: results of one bench say nothing about another."""
    if bench.origin == "photos":
        there = sorted(file.parent.name for file in subjects.glob("*/concept.json"))
        same = there == sorted(one.name for one in bench.subjects)
        same = same and bench.made.get("held_out") == held_out
    else:
        same = bench.made.get("root") == str(subjects.resolve())
    if not same or bench.seed != seed:
        raise InputError(
            f"{bench.folder} holds the bench of other subjects or settings.",
            hint="Name another folder with --out.",
        )
    return bench
