"""Things that are right or wrong by construction, to try judges with: answers and edits.

A wrong thing carries the name of what is wrong with it, since a judge that sees one kind of
mistake may be blind to another.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from PIL import Image

from bench.judges.claims import alike, read_claims
from bench.judges.judge import AskedAnswer, AskedEdit

__all__ = ["RIGHT", "known_edits", "tricky_answers"]

RIGHT = ""
_KINDS, _SIZE, _SEED = ("add", "remove", "background", "recolour"), 128, 20261204


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
    """Compose edits that are exact, the same with nothing done, and a black picture for each."""
    from backbone.mini.assets import load_assets
    from backbone.mini.edits import edit
    from backbone.mini.world import World

    world, rng = World(load_assets(None), size=_SIZE, pool=4), np.random.default_rng(_SEED)
    found = []
    for kind in _KINDS:
        made = edit(world, rng, kind)
        source, target = Image.fromarray(made.source), Image.fromarray(made.target)
        black = Image.new("RGB", source.size)
        for result, wrong in ((target, RIGHT), (source, "nothing done"), (black, "black")):
            found.append((AskedEdit(source, result, made.instruction, target, made.mask), wrong))
    return tuple(found)
