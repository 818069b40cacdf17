"""How much drawings of a concept look like its photos, in the eyes of the model itself.

The loss on held-out photos falls while drawings get worse: it asks for the next small step of a
photo that is there. So rows that draw are chosen by what they draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import cosine_similarity

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from backbone.painting import ImageOptions
from learning.wording import read_wordings

__all__ = ["Looks", "likeness", "looks_of"]

# pixels per side of a model's pictures up to which they are drawn only to be looked at
_LARGEST = 256


@dataclass(frozen=True)
class Looks:
    """What photos look like on average ``[D]``: the concept's, and those of others."""

    own: Tensor
    others: Tensor


def looks_of(
    face: Backbone, photos: Sequence[Image.Image], others: Sequence[Image.Image]
) -> Looks | None:
    """Look at photos of a concept and of others; None where drawings cannot be compared with them.

    That is without either, for a blind model, and for one whose pictures take minutes.
    """
    large = max(face.config.default_image_size) > _LARGEST
    if face.model.vit_model is None or large or not photos or not others:
        return None
    mine, rest = (torch.stack([face.embed_image(p) for p in some]) for some in (photos, others))
    return Looks(mine.mean(0), rest.mean(0))


def likeness(face: Backbone, concept: ConceptTokens, looks: Looks, seed: int, count: int) -> float:
    """Draw a concept ``count`` times; return the mean cosine between drawings and photos.

    What photos have in common, the mean of others, is taken off both sides. The same seed gives
    the same noise, so that rows are compared by nothing but what they say.
    """
    prompts = [text for text in read_wordings("captions")["plain"] if "{c}" not in text]
    own, found = looks.own - looks.others, []
    for number in range(count):
        prompt = prompts[number % len(prompts)].format(m=f"<{concept.name}>")
        options = ImageOptions(seed=seed + number)
        drawn = face.generate(prompt, concepts=[concept], options=options).image
        seen = face.embed_image(drawn) - looks.others
        found.append(float(cosine_similarity(seen, own, dim=0)))
    return sum(found) / max(len(found), 1)
