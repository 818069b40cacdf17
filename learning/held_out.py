"""Photos kept aside, and how well rows do on them."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Generator

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from backbone.training import LossOptions
from learning.examples import Example, ExampleSet, Material
from learning.samples import SampleMaker, rows_of
from omni_errors import InputError

__all__ = ["HeldOut", "grade_rows", "recognition", "score_held_out", "set_aside"]

_ONE_OF = 5
_FEWEST = 4
# questions per kind, drawings, edits
_PER_KIND, _DRAWINGS, _EDITS = 4, 4, 2
# kinds that keep tokens from doing harm, or ask for the class once more: rows that do them best
# are not the best rows
_REMINDERS = ("unknown", "other", "told class", "told what")


@dataclass(frozen=True)
class HeldOut:
    """The losses on held-out examples, and the share of yes and no told right."""

    total: float
    text: float
    image: float
    edit: float
    recognition: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        """Return the numbers as a record."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def set_aside(material: Material, seed: int = 0) -> tuple[Material, Material | None]:
    """Keep every fifth photo and negative apart; of fewer than four photos none.

    Raises:
        InputError: if some of the photos are scenes composed of the others.
    """
    if material.composed:
        raise InputError("Photos have to be set aside before scenes are composed of them.")
    count = len(material.photos)
    if count < _FEWEST:
        return material, None
    order = np.random.default_rng([seed, count]).permutation(count)
    out = sorted(int(n) for n in order[: max(count // _ONE_OF, 1)])
    return _part(material, out, keep=False), _part(material, out, keep=True)


def _part(material: Material, chosen: list[int], *, keep: bool) -> Material:
    here = [n for n in range(len(material.photos)) if (n in chosen) is keep]
    negatives = material.negatives
    # With few negatives both sides share them: a held-out test without a no tests nothing.
    if len(negatives) >= 2 * _ONE_OF:
        negatives = tuple(n for i, n in enumerate(negatives) if (i % _ONE_OF == 0) is keep)
    return replace(
        material,
        photos=tuple(material.photos[n] for n in here),
        places=tuple(material.places[n] for n in here) if material.places else (),
        negatives=negatives,
        edits=() if keep else material.edits,
    )


def _few(held: ExampleSet, *, draws: bool) -> list[Example]:
    """Choose the same examples every time: spread evenly over each kind."""
    chosen: list[Example] = []
    for kind, made in held.questions.items():
        if kind in _REMINDERS:
            continue
        chosen += made[:: max(len(made) // _PER_KIND, 1)][:_PER_KIND]
    if draws:
        chosen += held.drawings[:: max(len(held.drawings) // _DRAWINGS, 1)][:_DRAWINGS]
        chosen += held.edits[:_EDITS]
    return chosen


@torch.no_grad()
def score_held_out(
    face: Backbone, maker: SampleMaker, held: ExampleSet, seed: int, *, draws: bool = True
) -> HeldOut:
    """Return the losses of rows on held-out examples, with the same noise every time."""
    samples = [maker.sample(example) for example in _few(held, draws=draws)]
    options = LossOptions(even_text=True)
    loss = face.losses(rows_of(face, samples), Generator().manual_seed(seed), options)
    parts = (loss.total, loss.text, loss.image, loss.edit)
    return HeldOut(*(float(part) for part in parts))


def grade_rows(
    face: Backbone, maker: SampleMaker, held: ExampleSet, seed: int, *, draws: bool = True
) -> HeldOut:
    """Return the losses of a maker's concept on held-out examples, and the share told right."""
    score = score_held_out(face, maker, held, seed, draws=draws)
    return replace(score, recognition=recognition(face, maker.concept, held))


@torch.no_grad()
def recognition(face: Backbone, concept: ConceptTokens, held: ExampleSet) -> float | None:
    """Return the mean share of photos told right: of it, and not of it; None without both."""
    yes = held.questions.get("yes", ())
    no = held.questions.get("no, same class", ()) + held.questions.get("no", ())
    rights, known = [], face.read([concept])
    for made in (yes, no):
        few = made[:: max(len(made) // _PER_KIND, 1)][:_PER_KIND]
        shown = [(one, one.photo) for one in few if one.photo is not None]
        margins = face.margins(known, [(photo, one.question) for one, photo in shown])
        pairs = zip(shown, margins, strict=True)
        right = [(one.answer == "Yes.") == (margin > 0) for (one, _), margin in pairs]
        if not right:
            return None
        rights.append(sum(right) / len(right))
    return sum(rights) / len(rights)
