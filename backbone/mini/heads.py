"""Put the heads that are found, not trained, into a run of the understanding stage.

Run ``python -m backbone.mini.heads --run runs/understanding --out runs/heads``: heads that see
(`seeing`), that answer from a comparison (`answering`) and that weigh evidence (`weighing`), those
named with ``--heads``. What they read is found on the run's weights, since training moves it.
"""

import argparse
import json
from collections.abc import Collection
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from backbone.mini.answering import (
    level_answers,
    look_at,
    other_lessons,
    start_answering,
    where_answers_begin,
    yes_or_no_lessons,
)
from backbone.mini.assembly import mini_config
from backbone.mini.assets import load_assets
from backbone.mini.fixed_map import FixedMap
from backbone.mini.gallery import Gallery
from backbone.mini.reader import Reader, open_reader, warm_start
from backbone.mini.seeing import SAY, other_questions, start_seeing
from backbone.mini.understanding import MAP
from backbone.mini.weighing import look_at_told, start_weighing
from backbone.mini.world import World

__all__ = ["KINDS", "main", "save_as_run", "start_heads"]

KINDS = ("seeing", "answering", "weighing")

# lessons heads are found on, and of other kinds
_LESSONS, _OTHERS = 1280, 160


def start_heads(reader: Reader, gallery: Gallery, kinds: Collection[str]) -> dict[str, float]:
    """Start the heads of these ``KINDS``; return how well what they read can be read."""
    figures: dict[str, float] = {}
    if "seeing" in kinds:
        figures |= start_seeing(reader, gallery.world, lambda: _not_seen(reader, gallery))
    asked = yes_or_no_lessons(gallery, _LESSONS)
    others = where_answers_begin(reader, other_lessons(gallery, _OTHERS))
    found = look_at(reader, asked)
    if "answering" in kinds:
        start_answering(reader, found, others)
        figures["answering shifted by"] = level_answers(reader, found, asked)
    if "weighing" in kinds:
        told = look_at_told(reader, asked)
        figures["weighing"] = start_weighing(reader, told, found, others)
    return figures


def _not_seen(reader: Reader, gallery: Gallery) -> Tensor:
    """Return what the later layer sees where answers begin that no seen fact gives."""
    made = [given for given in other_lessons(gallery, 120) if given.kind != "ask"]
    made += [*yes_or_no_lessons(gallery, 40), *other_questions(gallery.world, 80)]
    return where_answers_begin(reader, made, SAY)


def save_as_run(reader: Reader, out: Path, map_file: Path) -> None:
    """Write a run that `collect` takes and a training begins with."""
    out.mkdir(parents=True, exist_ok=True)
    state = {
        f"{kept}/{name}": parameter.detach().float().clone()
        for name, parameter in reader.trainable().items()
        for kept in ("average", "weight")
    }
    save_file(state, out / "state.safetensors", metadata={"step": "0"})
    save_file(load_file(map_file), out / MAP)


def main() -> None:
    """Start the heads of a run and write it as another."""
    parser = argparse.ArgumentParser(description="Put found heads into omni-mini's understanding")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--run", type=Path, default=Path("runs/understanding"))
    parser.add_argument("--out", type=Path, default=Path("runs/heads"))
    parser.add_argument("--pairs", type=int, default=400, help="of subjects that are compared")
    parser.add_argument("--heads", nargs="+", choices=KINDS, default=["weighing"])
    options = parser.parse_args()
    world = World(load_assets(options.assets), size=mini_config().default_image_size[0])
    reader = open_reader(options.trunk, FixedMap(**load_file(options.run / MAP)))
    warm_start(reader, options.run)
    figures = start_heads(reader, Gallery(world, options.pairs), options.heads)
    save_as_run(reader, options.out, options.run / MAP)
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
