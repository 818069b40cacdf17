"""Measure what omni-mini understands, on subjects and texts it was never trained on.

Every answer goes the way of use: rows written from views, a reading, greedy text. Run
``python -m backbone.mini.measure --run runs/understanding``; it prints a table, writes
``measure.json`` beside the run's weights and works while the run goes on.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from numpy.random import Generator, default_rng
from PIL import Image
from safetensors.torch import load_file

from backbone.decoding import TextOptions
from backbone.face import Backbone
from backbone.mini.assembly import mini_config
from backbone.mini.assets import load_assets
from backbone.mini.episodes import recognition, who_is_this
from backbone.mini.fixed_map import FixedMap
from backbone.mini.lessons import Lesson, of_episode
from backbone.mini.lora import merge
from backbone.mini.questions import KINDS, ask, ways_to_say
from backbone.mini.reader import Reader, load_run, open_reader
from backbone.mini.replay_text import text_example
from backbone.mini.understanding import MAP
from backbone.mini.world import World

__all__ = ["Case", "Figure", "cases", "main", "measure", "right"]

_SEED = 77
_TEXTS = ("taught", "unknown", "parse", "compose")
_DONT_KNOW = ("don't know", "do not know", "was not told")


@dataclass(frozen=True)
class Case:
    """A lesson whose answer is not given away, and the bare fact a right answer has."""

    figure: str
    lesson: Lesson
    key: str


@dataclass(frozen=True)
class Figure:
    """How many cases of one figure were answered rightly."""

    name: str
    right: int
    cases: int

    @property
    def share(self) -> float:
        """Return the share of right answers."""
        return self.right / max(self.cases, 1)


def _recognise(world: World, rng: Generator, number: int) -> Iterator[Case]:
    present = bool(number % 2)
    made = recognition(world, rng, views=3, split="held_out", present=present)
    figure = "recognise yes" if present else "recognise no"
    yield Case(figure, of_episode("recognise", made, rng), made.key)


def _who(world: World, rng: Generator, number: int) -> Iterator[Case]:
    made = who_is_this(world, rng, registered=5, views=1, split="held_out")
    yield Case("who" if made.key else "nobody", of_episode("who", made, rng), made.key)


def _see(world: World, rng: Generator, number: int) -> Iterator[Case]:
    scene = world.scene(rng, split="held_out")
    for kind in KINDS:
        asked = ask(scene, kind, rng, world.absent_names(rng))
        if asked is not None and kind != "describe":
            turn = (asked.question, asked.answer)
            yield Case(f"see {asked.kind}", Lesson("ask", (turn,), scene.image), asked.key)


def _read(world: World, rng: Generator, number: int) -> Iterator[Case]:
    kind = _TEXTS[number % len(_TEXTS)]
    made = text_example(rng, kind, split="test", exemplars=6)
    yield Case(f"read {kind}", Lesson("read", ((made.prompt, made.answer),)), made.key)


_MAKERS: dict[str, Callable[[World, Generator, int], Iterator[Case]]] = {
    "recognise": _recognise,
    "who": _who,
    "see": _see,
    "read": _read,
}


def cases(world: World, kind: str, count: int) -> Iterator[Case]:
    """Make the cases of a kind; the same ones every time."""
    for number in range(count):
        rng = default_rng([_SEED, list(_MAKERS).index(kind), number])
        yield from _MAKERS[kind](world, rng, number)


def answer(face: Backbone, reader: Reader, given: Lesson, most: int) -> str:
    """Answer a lesson's question with at most so many tokens."""
    concepts = [concept.frozen() for concept in reader.write(given.names, given.views)]
    reading = face.read(concepts)
    if given.image is not None:
        reading.add_image(Image.fromarray(given.image))
    reading.add_text(given.turns[0][0])
    return face.answer(reading, TextOptions(max_new_tokens=most))


def right(case: Case, said: str) -> bool:
    """Judge an answer by the bare fact it has to hold, names in any order."""
    if case.figure in ("who", "nobody"):
        return sorted(re.findall(r"<\w+>", said)) == sorted(re.findall(r"<\w+>", case.key))
    if case.key in ("yes", "no"):
        return bool(re.match(rf"{case.key}\b", said.strip().lower()))
    if case.figure == "read unknown":
        return any(words in said.lower() for words in _DONT_KNOW)
    if case.figure == "read parse" or case.figure == "read compose" and case.key == "NONE":
        return _plain(said) == _plain(case.lesson.turns[0][1])
    ways = ways_to_say(case.figure.removeprefix("see "), case.key)
    return any(f" {_plain(way)} " in f" {_plain(said)} " for way in ways)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w<>']+", text.lower()))


@torch.no_grad()
def measure(
    reader: Reader, world: World, count: int, *, kinds: tuple[str, ...] = ()
) -> list[Figure]:
    """Answer ``count`` cases of every kind and count the right ones."""
    face = Backbone(reader.model, reader.words.tokenizer)
    found: dict[str, Figure] = {}
    for kind in kinds or tuple(_MAKERS):
        for case in cases(world, kind, count):
            most = 48 if kind == "read" else 16
            with reader.autocast():
                said = answer(face, reader, case.lesson, most)
            was = found.get(case.figure, Figure(case.figure, 0, 0))
            good = was.right + int(right(case, said))
            found[case.figure] = replace(was, right=good, cases=was.cases + 1)
    return sorted(found.values(), key=lambda figure: figure.name)


def weighted_recognition(figures: list[Figure]) -> float | None:
    """Return the mean of the shares of right yes and right no, if both were measured."""
    shares = [f.share for f in figures if f.name in ("recognise yes", "recognise no")]
    return sum(shares) / 2 if len(shares) == 2 else None


def table(figures: list[Figure]) -> str:
    """Write figures as lines."""
    lines = [f"{f.name:18} {f.share:.3f}  {f.right:4d} of {f.cases}" for f in figures]
    weighted = weighted_recognition(figures)
    return "\n".join(lines + ([] if weighted is None else [f"{'weighted':18} {weighted:.3f}"]))


def _write(path: Path, step: int, figures: list[Figure]) -> None:
    rows = [{**asdict(f), "share": round(f.share, 4)} for f in figures]
    weighted = weighted_recognition(figures)
    path.write_text(json.dumps({"step": step, "weighted": weighted, "figures": rows}, indent=1))


def main() -> None:
    """Measure a run as it is now."""
    parser = argparse.ArgumentParser(description="Measure what omni-mini understands")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--run", type=Path, default=Path("runs/understanding"))
    parser.add_argument("--count", type=int, default=60, help="cases, or scenes, of every kind")
    parser.add_argument("--kinds", nargs="*", default=[], choices=list(_MAKERS))
    parser.add_argument("--last", action="store_true", help="the last weights, not the averaged")
    options = parser.parse_args()
    world = World(load_assets(options.assets), size=mini_config().default_image_size[0])
    reader = open_reader(options.trunk, FixedMap(**load_file(options.run / MAP)))
    step = load_run(reader, options.run, averaged=not options.last)
    merge(reader.model)
    figures = measure(reader, world, options.count, kinds=tuple(options.kinds))
    print(f"step {step}\n{table(figures)}")
    _write(options.run / "measure.json", step, figures)


if __name__ == "__main__":
    main()
