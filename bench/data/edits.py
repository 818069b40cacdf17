"""Edit items: an instruction, its source, a reference, and where a picture may change.

Removal is asked for as in the paper, its reference filled in by an inpainter. The others are
scenes that the code composes of the subject's cut-out, exact outside the mask.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image

from backbone.mini.objects import Subject as Cutout
from bench.data.items import Bench, Item, Subject
from bench.data.pictures import Shelf
from learning.cutouts import choose_cutouts
from learning.edit_pairs import EditPair, judge, removal_pairs, scene_pairs, world_of
from learning.inpainting import TeleaInpainter
from learning.masks import SubjectMask
from learning.salient import SalientSegmenter

__all__ = ["EDIT_KINDS", "Outlined", "colour_of", "dropped_edits", "edit_items", "outline"]

EDIT_KINDS = ("add", "background", "recolour", "move")
_SIDE = 256
# scenes that are tried until one is fit to be judged by
_TRIES = 3
_SEEDS = 2**31


@dataclass(frozen=True)
class Outlined:
    """Photos of a subject, where it is in each, and its cut-outs."""

    photos: tuple[Image.Image, ...]
    masks: tuple[SubjectMask, ...]
    cutouts: tuple[Cutout, ...]


def outline(photos: Sequence[Image.Image], class_word: str) -> Outlined:
    """Outline the subject of photos scaled to a longest side of 256."""
    small = tuple(_small(photo) for photo in photos)
    masks = SalientSegmenter().segment_all(small, class_word)
    return Outlined(small, masks, choose_cutouts(small, masks, class_word))


def _small(photo: Image.Image) -> Image.Image:
    copy = photo.copy()
    copy.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return copy


def colour_of(outlined: Outlined) -> str:
    """Name the colour of a subject, "" unless all its cut-outs say the same clearly."""
    colours = {cut.colour if cut.clear else "" for cut in outlined.cutouts}
    return colours.pop() if len(colours) == 1 else ""


def edit_items(
    subject: Subject, outlined: Outlined, shelf: Shelf, rng: Generator
) -> Iterator[Item]:
    """Make the edits of a subject from its photos for the test."""
    pairs = removal_pairs(
        outlined.photos,
        outlined.masks,
        subject.mention,
        subject.class_word,
        TeleaInpainter(),
        rng,
    )
    kept = list(judge(pairs).kept)
    kept += [pair for kind in EDIT_KINDS for pair in _scene(kind, subject, outlined, rng)]
    for number, pair in enumerate(kept):
        yield _item(number, pair, subject, shelf, int(rng.integers(_SEEDS)))


def dropped_edits(bench: Bench) -> dict[str, int]:
    """Count by kind the edit items that a bench lacks, since what was made passed no check."""
    lacking: Counter[str] = Counter()
    for subject in bench.subjects:
        wanted = {"remove": len(subject.test or subject.train), **dict.fromkeys(EDIT_KINDS, 1)}
        made = Counter(item.kind for item in bench.of(subject.name, "edit"))
        lacking.update({kind: max(count - made[kind], 0) for kind, count in wanted.items()})
    return {kind: count for kind, count in lacking.items() if count}


def _scene(kind: str, subject: Subject, outlined: Outlined, rng: Generator) -> Sequence[EditPair]:
    for _ in range(_TRIES):
        world = world_of(_SIDE)
        made = scene_pairs(outlined.cutouts[:1], subject.mention, world, rng, 1, (kind,))
        kept = judge(made).kept
        if kept:
            return kept
    return ()


def _item(number: int, pair: EditPair, subject: Subject, shelf: Shelf, seed: int) -> Item:
    place = ("edits", subject.name)
    photo = pair.kind == "remove" and number < len(subject.test)
    # of a subject with one photo there is no other
    learned = set(subject.test) <= set(subject.train)
    whose = "a photo that is learned from" if learned else "a held-out photo"
    return Item(
        f"{subject.name}/edit/{number}",
        "edit",
        subject.name,
        pair.instruction,
        image=shelf.put(pair.source, *place, f"{number}-source"),
        target=shelf.put(pair.target, *place, f"{number}-target"),
        mask=shelf.put_mask(np.asarray(~pair.stays), *place, f"{number}-mask"),
        kind=pair.kind,
        seed=seed,
        provenance=f"{whose}; the reference is inpainted (Telea 2004)"
        if photo
        else f"a scene composed of the cut-out of {whose}; the reference is exact",
    )
