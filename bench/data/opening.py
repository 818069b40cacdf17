"""Open a bench: read the one that is there, or build it of a folder of subjects."""

from pathlib import Path

from bench.data.building import build_bench
from bench.data.contents import changed_folders, changed_subjects
from bench.data.items import Bench, read_bench
from bench.data.leftovers import deeper, without_class
from bench.data.reading import find_subjects
from bench.data.unifybench import contents, is_unifybench, read_unifybench
from omni_errors import InputError

__all__ = ["open_bench"]

# changes that are named
_TOLD = 6


def open_bench(subjects: Path, folder: Path, *, seed: int = 0, held_out: int = 2) -> Bench:
    """Return the bench of a folder of subjects, building it once.

    Raises:
        NotFoundError: if there is no such folder.
        InputError: if no subject can be used, or the folder holds the bench of other subjects,
            photos, classes or facts, or of another seed, saying which.
    """
    if (folder / "bench.json").is_file():
        return _checked(read_bench(folder), subjects, seed, held_out)
    if is_unifybench(subjects):
        return read_unifybench(subjects, folder, seed=seed)
    found, passed = find_subjects(subjects), without_class(subjects)
    return build_bench(
        found.subjects,
        folder,
        seed=seed,
        held_out=held_out,
        passed=passed,
        unusable=found.unusable,
        deeper=deeper(subjects),
    )


def _checked(bench: Bench, subjects: Path, seed: int, held_out: int) -> Bench:
    """Refuse to mix: results of one bench say nothing about another."""
    changes = _settings(bench, subjects, seed, held_out) or _content(bench, subjects)
    if changes:
        told = "; ".join(changes[:_TOLD]) + ("; …" if len(changes) > _TOLD else "")
        raise InputError(
            f"{bench.folder} holds the bench of other subjects or settings: {told}.",
            hint="Name another folder with --out, which builds and runs it anew, or undo that.",
        )
    return bench


def _settings(bench: Bench, subjects: Path, seed: int, held_out: int) -> list[str]:
    asked = {"seed": (bench.seed, seed)}
    if bench.origin == "photos":
        asked["held-out"] = (int(bench.made.get("held_out", 0)), held_out)
    changes = [f"--{name} was {was} and is {now}" for name, (was, now) in asked.items()]
    found = [c for c, (was, now) in zip(changes, asked.values(), strict=True) if was != now]
    if is_unifybench(subjects) is not (bench.origin == "unifybench"):
        found.append(f"{subjects} has another layout")
    return found


def _content(bench: Bench, subjects: Path) -> list[str]:
    if bench.origin == "photos":
        return changed_subjects(bench, find_subjects(subjects).subjects)
    return changed_folders(bench.made.get("content", {}), contents(subjects))
