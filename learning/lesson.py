"""From photos to trained tokens in two calls: `prepare` makes a lesson, `learn` teaches it.

::

    lesson = prepare(face, Material("maeve", "dog", photos, facts), find_recipe("quick"))
    learned = learn(face, lesson, find_recipe("quick"), folder=Path("runs/maeve"))
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from backbone.limits import never
from learning.checkpoint import pack
from learning.cutouts import choose_cutouts
from learning.edit_pairs import EditSet, judge, removal_pairs, scene_pairs, world_of
from learning.examples import Material, Negative, make_examples
from learning.held_out import HeldOut, grade_rows, set_aside
from learning.inpainting import Inpainter, TeleaInpainter
from learning.likeness import Looks, likeness, looks_of
from learning.masks import Segmenter, SubjectMask, outline_all
from learning.presets import Recipe
from learning.salient import SalientSegmenter
from learning.samples import SampleMaker
from learning.scenery import strangers, views_of
from learning.starting import Encoder, begin
from learning.state import rows_of_concept
from learning.trainer import StepLosses, TrainOptions, train
from memory.facts import fact_digest

__all__ = ["Learned", "Lesson", "graded", "graded_likeness", "learn", "prepare"]

# the largest side of scenes, in pixels; larger models gain nothing from drawn ones
_LARGEST = 256


@dataclass(frozen=True)
class Lesson:
    """What is learned from, what is held out, where the subject is, and the pairs made of it.

    ``masks`` belong to the photos of ``material``, before those of scenes.
    """

    material: Material
    held_out: Material | None
    masks: tuple[SubjectMask, ...]
    edits: EditSet


@dataclass(frozen=True)
class Learned:
    """The trained rows as bytes with their sidecar, and as tokens."""

    concept: ConceptTokens
    data: bytes
    sidecar: dict[str, Any]
    ended: str


def prepare(
    face: Backbone,
    material: Material,
    recipe: Recipe,
    *,
    segmenter: Segmenter | None = None,
    inpainter: Inpainter | None = None,
    refused: Mapping[str, str] | None = None,
) -> Lesson:
    """Find the subject, make edit pairs, views and others; ``refused`` are keys of a review."""
    rng = np.random.default_rng([recipe.seed, 1])
    learned, held = set_aside(_shrunk(material, recipe.side), recipe.seed)
    segmenter, inpainter = segmenter or SalientSegmenter(), inpainter or TeleaInpainter()
    photos, name, word = learned.photos, material.name, material.class_word
    masks = outline_all(segmenter, photos, word)
    pairs = removal_pairs(photos, masks, name, word, inpainter, rng)
    extra = learned
    if recipe.scene_edits or recipe.views or recipe.strangers:
        world = world_of(min(face.config.vae_transform.max_image_size, _LARGEST))
        subjects = choose_cutouts(photos, masks, word)
        pairs += scene_pairs(subjects, name, world, rng, recipe.scene_edits)
        views = views_of(subjects, world, rng, recipe.views)
        places = learned.places or ("",) * len(photos)
        others = strangers(subjects, word, world, rng, recipe.strangers)
        kept = len(others) // 4
        if held is not None:
            held = replace(held, negatives=held.negatives + others[len(others) - kept :])
            others = others[: len(others) - kept]
        extra = replace(
            learned,
            photos=photos + tuple(view.image for view in views),
            places=places + tuple(view.place for view in views),
            negatives=learned.negatives + others,
            composed=len(views),
        )
    edits = judge(pairs, refused=refused)
    extra = replace(extra, edits=extra.edits + edits.examples)
    return Lesson(extra, held, masks, edits)


def _shrunk(material: Material, side: int) -> Material:
    """Scale photos and negatives down to a longest side, once instead of at every step."""

    def small(image: Image.Image) -> Image.Image:
        if max(image.size) <= side:
            return image
        copy = image.copy()
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
        return copy

    return replace(
        material,
        photos=tuple(small(photo) for photo in material.photos),
        negatives=tuple(Negative(small(n.image), n.class_word) for n in material.negatives),
    )


def _looks(face: Backbone, lesson: Lesson) -> Looks | None:
    """Look at the photos, and at those of others; scenes made of the subject are no photos."""
    held = lesson.held_out.photos if lesson.held_out is not None else ()
    photos = lesson.material.photos[: len(lesson.masks)] + held
    return looks_of(face, photos, [one.image for one in lesson.material.negatives])


def _copy(tokens: ConceptTokens) -> ConceptTokens:
    rows = rows_of_concept(tokens)
    return ConceptTokens(
        tokens.name,
        sks=rows["sks"],
        und=rows["und"],
        gen=rows["gen"],
        out=rows["out"],
        routing=tokens.routing,
    )


def graded(face: Backbone, lesson: Lesson, concept: ConceptTokens, seed: int) -> HeldOut | None:
    """Measure rows on what a lesson holds out, as training measures its own; None without any."""
    if lesson.held_out is None:
        return None
    held, maker = make_examples(lesson.held_out), SampleMaker(face, concept)
    return grade_rows(face, maker, held, seed, draws=len(concept.gen) > 0)


def graded_likeness(
    face: Backbone, lesson: Lesson, concept: ConceptTokens, recipe: Recipe
) -> float | None:
    """Say how alike a lesson's photos rows draw, as training does; None where it does not look."""
    looks = _looks(face, lesson) if recipe.likeness and len(concept.gen) else None
    if looks is None:
        return None
    return likeness(face, concept, looks, recipe.seed, recipe.likeness)


def learn(
    face: Backbone,
    lesson: Lesson,
    recipe: Recipe,
    *,
    folder: Path | None = None,
    start: ConceptTokens | None = None,
    encoder: Encoder | None = None,
    parent: int | None = None,
    on_step: Callable[[StepLosses, int], None] = lambda losses, steps: None,
    should_stop: Callable[[], bool] = never,
    spent_s: float = 0.0,
) -> Learned:
    """Train the rows of a lesson, from ``start`` (a version before) or anew.

    ``spent_s`` seconds of the recipe's budget went into what came before.

    Raises:
        InputError: if the folder holds another run.
        CancelledError: on Ctrl-C; the folder keeps what was reached.
    """
    began = time.monotonic()
    material, masks = lesson.material, [mask.inside for mask in lesson.masks]
    photos = replace(material, photos=material.photos[: len(masks)], places=(), composed=0)
    # a copy, since the version before may be in use
    concept = _copy(start) if start is not None else begin(face, photos, recipe, masks, encoder)
    held = make_examples(lesson.held_out) if lesson.held_out is not None else None
    examples = make_examples(material)
    looks = _looks(face, lesson) if recipe.likeness else None
    spent_s += time.monotonic() - began
    options = TrainOptions(folder, on_step, should_stop, held, looks, spent_s)
    result = train(face, concept, examples, recipe, options)
    record = {
        **result.record,
        "class": material.class_word,
        "facts": [fact_digest(fact) for fact in material.told or material.facts],
        "parent": parent,
        "edit_pairs": len(lesson.edits.kept),
        "edit_pairs_kept_share": round(lesson.edits.kept_share, 3),
    }
    data, sidecar = pack(result.concept, face, record)
    return Learned(result.concept, data, sidecar, result.ended)
