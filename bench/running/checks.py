"""What is checked of every run: judges and encoders that must be believed, controls that must not.

The wrong things shown here are known to be wrong by construction: answers about another subject,
scenes of another place.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench.data.items import Bench, Fact
from bench.data.pictures import open_picture
from bench.data.wording import templates
from bench.judges.judge import AlwaysOne, AskedPicture, Judge
from bench.judges.known import RIGHT
from bench.judges.trust import Tried, try_encoder, try_judge
from bench.metrics.encoders import ConstantEncoder, ImageEncoder
from bench.running.contrasts import known_answers

if TYPE_CHECKING:
    from bench.running.work import Kit

__all__ = ["check_run", "known_pictures"]

_PLACES, _SIZE, _SEED = 4, 128, 20261202
# things that are drawn without downloads, and scenes that are tried until one has room for it
KNOWN_THINGS, _TRIES = ("red ball", "blue umbrella", "yellow star", "green book"), 20


def check_run(bench: Bench, out: Path, kit: "Kit") -> None:
    """Try all judges and encoders of a run, and the controls, and write down what came out."""
    tried = try_all(bench, [*kit.judges, AlwaysOne()], [*kit.encoders, ConstantEncoder()])
    rules = next((judge for judge in kit.judges if judge.name == "rules"), None)
    reader = getattr(rules, "reader", None)
    record = {
        "judges": [asdict(one) for one in tried[0]],
        "encoders": [asdict(one) for one in tried[1]],
        "reader": dict(reader.right) if reader is not None else {},
    }
    (out / "checks.json").write_text(json.dumps(record, indent=1), "utf-8")


def try_all(
    bench: Bench, judges: list[Judge], encoders: list[ImageEncoder]
) -> tuple[list[Tried], list[Tried]]:
    """Put judges and encoders to the test."""
    answers, pictures = known_answers(bench), known_pictures()
    photos = {
        one.name: [open_picture(bench.folder, path) for path in one.train + one.test]
        for one in bench.subjects
    }
    drawn = [shown.image for shown, wrong in pictures if wrong == RIGHT]
    return (
        [try_judge(judge, answers, pictures) for judge in judges],
        [try_encoder(encoder, photos, drawn) for encoder in encoders],
    )


def known_pictures() -> list[tuple[AskedPicture, str]]:
    """Compose scenes of places and things, each called by its own and by another; and no scene.

    What is wrong with each stands beside it, "" if nothing.
    """
    from backbone.mini.assets import load_assets
    from backbone.mini.world import World

    world, rng = World(load_assets(None), size=_SIZE, pool=4), np.random.default_rng(_SEED)
    places = templates()["places"][:_PLACES]
    found = []
    for number, place in enumerate(places):
        scene = world.scene(rng, subject=world.subject(rng), place=place, small="", others=0)
        image, other = Image.fromarray(scene.image), places[(number + 1) % len(places)]
        found.append((_at_home(image, place), RIGHT))
        found.append((_at_home(image, other), "another place"))
    found.append((_at_home(Image.new("RGB", (_SIZE, _SIZE)), places[0]), "a black picture"))
    for thing in KNOWN_THINGS:
        made = ((world.subject(rng), {"small": thing, "place": places[0]}) for _ in range(_TRIES))
        scenes = (world.scene(rng, subject=s, others=0, size="", **how) for s, how in made)
        scene = next(one for one in scenes if len(one.objects) > 1)
        image = Image.fromarray(scene.image)
        other = KNOWN_THINGS[(KNOWN_THINGS.index(thing) + 1) % len(KNOWN_THINGS)]
        found.append((_with_toy(image, thing), RIGHT))
        found.append((_with_toy(image, other), "another thing"))
    return found


def _at_home(image: Image.Image, place: str) -> AskedPicture:
    fact = Fact(f"its home is at the {place}", False, "home", place, "place")
    return AskedPicture(image, "A photo of it in its home.", fact, "")


def _with_toy(image: Image.Image, thing: str) -> AskedPicture:
    fact = Fact(f"its toy is a {thing}", False, "toy", thing, "object")
    return AskedPicture(image, "A photo of it with its toy.", fact, "")
