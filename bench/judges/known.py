"""Things that are right or wrong by construction, to try judges with: answers and edits.

A wrong thing carries the name of what is wrong with it, since a judge that sees one kind of
mistake may be blind to another.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from PIL import Image

from bench.judges.claims import alike, read_claims
from bench.judges.judge import AskedAnswer, AskedEdit

if TYPE_CHECKING:
    from backbone.mini.edits import EditTriplet

__all__ = ["RIGHT", "known_edits", "tricky_answers"]

RIGHT = ""
_KINDS, _SIZE, _SEED = ("add", "remove", "background", "recolour", "move"), 128, 20261204
# levels of 255; what is shown can still be made out
_NOISE = 60.0


def tricky_answers(
    answers: Sequence[tuple[AskedAnswer, bool]],
) -> list[tuple[AskedAnswer, str]]:
    """Add denials and lists of every known value to right answers, and what is wrong with each."""
    found = []
    for asked, right in answers:
        if right and not read_claims(asked.reference).denied:
            for text, wrong in _tricks(asked.reference):
                found.append((AskedAnswer(asked.question, asked.reference, text), wrong))
    return found


def _tricks(reference: str) -> Iterator[tuple[str, str]]:
    yield _denied(reference), "the fact denied"
    mine, others = alike(reference)
    if not mine or not others:
        return
    # beside the last of the others, since the first is often what a question's neighbour has
    yield f"The {mine[0]}, not the {others[-1]}.", RIGHT
    yield f"The {others[-1]}, not the {mine[0]}.", "the fact denied"
    yield f"The {', the '.join((*others, mine[0]))}.", "every value named"


def _denied(sentence: str) -> str:
    """Put a "not" into a sentence."""
    said = re.sub(r"\b(is|are|has|can|will)\b", r"\1 not", sentence, count=1)
    return said if said != sentence else f"It is not true that {sentence}"


@cache
def known_edits() -> tuple[tuple[AskedEdit, str], ...]:
    """Compose edits that are exact, and wrong ones of each, with what is wrong with them."""
    from backbone.mini.assets import load_assets
    from backbone.mini.edits import edit
    from backbone.mini.world import World

    world, rng = World(load_assets(None), size=_SIZE, pool=4), np.random.default_rng(_SEED)
    made = [edit(world, rng, kind) for kind in _KINDS]
    return tuple(
        case
        for one, other in zip(made, made[1:] + made[:1], strict=True)
        for case in _cases(one, Image.fromarray(other.source), rng)
    )


def _cases(
    made: "EditTriplet", other: Image.Image, rng: Generator
) -> Iterator[tuple[AskedEdit, str]]:
    """Give an edit as it should be, and what a careless judge takes for it."""
    source, target = Image.fromarray(made.source), Image.fromarray(made.target)
    inside = Image.fromarray(made.mask)
    results = {
        RIGHT: target,
        "nothing done": source,
        "black": Image.new("RGB", source.size),
        "another picture around it": Image.composite(target, other, inside),
        "drowned in noise": _noisy(target, rng),
    }
    for wrong, result in results.items():
        yield AskedEdit(source, result, made.instruction, target, made.mask), wrong


def _noisy(image: Image.Image, rng: Generator) -> Image.Image:
    levels = np.asarray(image, np.float64)
    levels = levels + rng.normal(0, _NOISE, levels.shape)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))
