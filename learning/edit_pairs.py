"""Edit pairs: a source, an instruction and its target, made in two ways and checked.

Removal cuts the subject out of a photo and fills the hole (paper §4). Exact pairs compose the
cut-out on known scenes and change one thing, so that both sides agree elsewhere bit by bit.

Letters: ``H W`` pixels.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image

from backbone.mini.assets import load_assets
from backbone.mini.colours import colour_of
from backbone.mini.edits import EditTriplet, edit
from backbone.mini.objects import Subject
from backbone.mini.shapes import crop_to_alpha
from backbone.mini.world import World
from learning.examples import Editing
from learning.inpainting import Inpainter, grown
from learning.masks import Mask, SubjectMask
from learning.wording import read_wordings, word_slots
from omni_errors import InputError

__all__ = [
    "SCENE_KINDS",
    "EditPair",
    "EditSet",
    "Measured",
    "PairLimits",
    "Rejected",
    "judge",
    "measure",
    "removal_pairs",
    "scene_pairs",
    "subject_of",
    "world_of",
]

SCENE_KINDS = ("remove", "add", "move", "background", "recolour")
_CLEAR = 0.55
_TRIES = 30


@dataclass(frozen=True)
class EditPair:
    """A pair, where it may change ``[H, W]`` and where it must not; ``note`` says what is wrong."""

    kind: str
    source: Image.Image
    instruction: str
    target: Image.Image
    changes: Mask
    stays: Mask
    note: str = ""

    @cached_property
    def key(self) -> str:
        """Name the pair by its content, the same in every run."""
        digest = hashlib.sha256(self.instruction.encode())
        for image in (self.source, self.target):
            digest.update(np.ascontiguousarray(image).tobytes())
        return digest.hexdigest()[:16]

    @property
    def example(self) -> Editing:
        """Return it as a training example."""
        return Editing(self.source, self.instruction, self.target, self.kind)


@dataclass(frozen=True)
class PairLimits:
    """Say what a believable pair measures; differences in levels of 255."""

    outside: float = 0.5
    inside: float = 6.0
    min_share: float = 0.01
    max_share: float = 0.75
    # a replaced background is most of a picture
    max_background_share: float = 0.98


@dataclass(frozen=True)
class Measured:
    """Give the mean difference where it stays and where it changes, and how much changes."""

    outside: float
    inside: float
    share: float


@dataclass(frozen=True)
class Rejected:
    """A pair that is not learned from, and why, in one sentence."""

    pair: EditPair
    reason: str


@dataclass(frozen=True)
class EditSet:
    """The pairs that passed, and the others."""

    kept: tuple[EditPair, ...]
    rejected: tuple[Rejected, ...] = ()

    @property
    def kept_share(self) -> float:
        """Give the part that passed, 0 of none."""
        total = len(self.kept) + len(self.rejected)
        return len(self.kept) / total if total else 0.0

    @property
    def examples(self) -> tuple[Editing, ...]:
        """Return what passed as training examples."""
        return tuple(pair.example for pair in self.kept)


def removal_pairs(
    photos: Sequence[Image.Image],
    masks: Sequence[SubjectMask],
    name: str,
    class_word: str,
    inpainter: Inpainter,
    rng: Generator,
) -> tuple[EditPair, ...]:
    """Remove the subject from each photo, asked for as in the paper."""
    ways, slots = read_wordings("removal")["remove"], word_slots(name, class_word)
    pairs = []
    for photo, mask in zip(photos, masks, strict=True):
        hole = grown(mask.inside)
        target = inpainter.fill(photo, hole, rng)
        text = ways[int(rng.integers(len(ways)))].format_map(slots)
        note = "" if mask.outlined else "The subject could not be outlined."
        pairs.append(EditPair("remove", photo, text, target, hole, ~hole, note))
    return tuple(pairs)


def subject_of(photo: Image.Image, mask: Mask, class_word: str, side: int = 144) -> Subject:
    """Cut the subject out, its longest side ``side`` pixels.

    Raises:
        InputError: if the mask is empty or not of the photo's size.
    """
    if mask.shape != (photo.height, photo.width) or not mask.any():
        raise InputError("The mask is empty or not of the size of its photo.")
    pixels = np.asarray(photo.convert("RGB"), np.uint8)
    alpha = (mask * np.uint8(255)).astype(np.uint8)
    cutout = crop_to_alpha(np.dstack([pixels, alpha]), side)
    colour, share = colour_of(cutout)
    return Subject(
        class_word,
        class_word,
        "thing",
        cutout,
        colour,
        share >= _CLEAR,
        source="photo",
        # letters would be wrong, and no photo says that it bears none
        flips=False,
    )


@lru_cache(maxsize=2)
def world_of(size: int) -> World:
    """Open the scenes the code draws itself, ``size`` pixels per side."""
    return World(load_assets(None), size=size, pool=4)


def scene_pairs(
    subjects: Sequence[Subject],
    name: str,
    world: World,
    rng: Generator,
    number: int,
    kinds: Sequence[str] = SCENE_KINDS,
) -> tuple[EditPair, ...]:
    """Make ``number`` exact pairs, kinds and subjects in turn.

    Raises:
        InputError: if there are no subjects, or a kind is unknown.
    """
    if not subjects:
        raise InputError("There is no cut-out to compose scenes with.", hint="Give photos.")
    return tuple(
        _scene_pair(
            subjects[n // len(kinds) % len(subjects)], name, world, rng, kinds[n % len(kinds)]
        )
        for n in range(number)
    )


def _scene_pair(subject: Subject, name: str, world: World, rng: Generator, kind: str) -> EditPair:
    made = edit(world, rng, kind, subject=subject)
    for _ in range(_TRIES):
        if "<sks>" in made.instruction:
            break
        # a change of something else teaches nothing about the concept
        made = edit(world, rng, kind, subject=subject)
    stays = ~made.mask if kind != "background" else _unmoved(made)
    return EditPair(
        kind,
        Image.fromarray(made.source),
        made.instruction.replace("<sks>", f"<{name}>"),
        Image.fromarray(made.target),
        made.mask,
        stays,
    )


def _unmoved(made: EditTriplet) -> Mask:
    """Say where the subject is in both pictures, without its soft rim."""
    both = [scene.alphas[0] == 255 for scene in (made.before, made.after)]
    unmoved: Mask = both[0] & both[1]
    return unmoved


def measure(pair: EditPair) -> Measured:
    """Compare a pair where it must stay and where it may change."""
    before, after = (np.asarray(image, np.float32) for image in (pair.source, pair.target))
    difference = np.abs(before - after).mean(-1)
    return Measured(
        outside=float(difference[pair.stays].mean()) if pair.stays.any() else 0.0,
        inside=float(difference[pair.changes].mean()) if pair.changes.any() else 0.0,
        share=float(pair.changes.mean()),
    )


def judge(
    pairs: Iterable[EditPair],
    limits: PairLimits | None = None,
    refused: Mapping[str, str] | None = None,
) -> EditSet:
    """Check every pair; ``refused`` are keys a person took out, with their reasons."""
    limits, refused = limits or PairLimits(), refused or {}
    kept, rejected = [], []
    for pair in pairs:
        reason = refused.get(pair.key, "") or _reason(pair, limits)
        if reason:
            rejected.append(Rejected(pair, reason))
        else:
            kept.append(pair)
    return EditSet(tuple(kept), tuple(rejected))


def _reason(pair: EditPair, limits: PairLimits) -> str:
    if pair.source.size != pair.target.size:
        return "Source and target differ in size."
    if pair.note:
        return pair.note
    found = measure(pair)
    most = limits.max_background_share if pair.kind == "background" else limits.max_share
    if found.outside > limits.outside:
        return f"It changes by {found.outside:.1f} levels where nothing should change."
    if not limits.min_share <= found.share <= most:
        return f"It changes {found.share:.0%} of the picture; believed is up to {most:.0%}."
    if found.inside < limits.inside:
        return f"It changes by {found.inside:.1f} levels only; nobody would see it."
    return ""
