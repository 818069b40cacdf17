"""First rows by a model's encoders, drawing from the photo whose portrait turns out best.

The encoders draw from one photo, and a mask says little about how well it can be drawn from. So
the most promising ones are tried: each draws the concept once, and what looks most like the photos
stays (`learning.likeness`).
"""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cosine_similarity

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from backbone.images import flatten
from backbone.mini.views import frame, masked_crop
from learning.levelling import level
from learning.likeness import Looks, likeness, looks_of
from learning.masks import Mask
from learning.neutral import neutral_negatives

__all__ = ["write_rows"]

# portraits that are tried, the drawings of each, and their seed
_TRIED, _DRAWINGS, _SEED = 4, 1, 0
# pixels per side of a portrait that is looked at
_SIDE = 128


def write_rows(
    face: Backbone,
    name: str,
    photos: Sequence[Image.Image],
    masks: Sequence[Mask] | None = None,
) -> ConceptTokens:
    """Write first rows from photos and masks ``[H, W]`` of where the subject is.

    Raises:
        InputError: if there are no photos, a mask does not fit, or the model has no encoders.
    """
    rows = face.write_concept(name, photos, masks)
    if len(photos) > 1 and masks is not None and len(rows.gen):
        others = [one.image for one in neutral_negatives()]
        looks = looks_of(face, photos, others)
        rows = rows if looks is None else _best(face, rows, photos, masks, looks)
    level(face, rows)
    return rows


@torch.no_grad()
def _best(
    face: Backbone,
    rows: ConceptTokens,
    photos: Sequence[Image.Image],
    masks: Sequence[Mask],
    looks: Looks,
) -> ConceptTokens:
    found: list[tuple[float, torch.Tensor]] = []
    for number in _promising(face, photos, masks, looks):
        alone = face.write_concept(rows.name, [photos[number]], [masks[number]])
        rows.gen.copy_(alone.gen)
        found.append((likeness(face, rows, looks, _SEED, _DRAWINGS), alone.gen))
    rows.gen.copy_(max(found, key=lambda one: one[0])[1])
    return rows


def _promising(
    face: Backbone, photos: Sequence[Image.Image], masks: Sequence[Mask], looks: Looks
) -> list[int]:
    """Number the photos whose cut-outs look most like all photos, the best ones first."""
    own, alike = looks.own - looks.others, []
    for photo, mask in zip(photos, masks, strict=True):
        crop, _ = masked_crop(np.asarray(flatten(photo)), mask, _SIDE, frame)
        seen = face.embed_image(Image.fromarray(crop)) - looks.others
        alike.append(float(cosine_similarity(seen, own, dim=0)))
    return sorted(range(len(alike)), key=lambda number: -alike[number])[:_TRIED]
