"""What the base model does where no concept is in play: after all learning it is the same."""

from hashlib import sha256

from backbone.decoding import TextOptions
from backbone.face import Backbone
from backbone.painting import ImageOptions
from bench.data.wording import templates
from learning.neutral import neutral_negatives

__all__ = ["base_answers"]

_TOKENS, _SIDE, _SEED, _POINTS = 16, 128, 20261126, 6


def base_answers(face: Backbone) -> tuple[str, ...]:
    """Answer without a photo and with one, draw, and edit the photo; pictures by their pixels."""
    words, options = templates(), TextOptions(_TOKENS)
    (shown,) = neutral_negatives(_SIDE, 1)
    said = [face.answer(face.read().add_text(asked), options) for asked in words["base"]]
    for asked in words["base photo"]:
        said.append(face.answer(face.read().add_image(shown.image).add_text(asked), options))
    drawing = ImageOptions(seed=_SEED, num_timesteps=_POINTS)
    pictures = [face.generate(text, options=drawing).image for text in words["base drawing"]]
    pictures += [face.edit(shown.image, text, options=drawing).image for text in words["base edit"]]
    return (*said, *(sha256(one.tobytes()).hexdigest() for one in pictures))
