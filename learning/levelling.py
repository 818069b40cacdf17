"""Names are levelled: each says yes to strangers' pictures as seldom as any other.

As they are written, some names are like everything and others hardly like their own photos. So a
new one is asked about drawn strangers, and made more or less doubtful until its margins are where
those of all names shall be, on average: what speaker verification does to scores with a cohort of
impostors, done to the name itself, so that nothing has to be kept beside its rows.
"""

from collections.abc import Sequence

import torch
from PIL import Image

from backbone.concepts import ConceptTokens
from backbone.face import Backbone
from learning.neutral import neutral_negatives

__all__ = ["level"]

# where margins of strangers shall lie on average, in log odds; chosen by margins of ten real
# subjects (docs/log.md)
_LEVEL = -2.3
# what a doubt of one is expected to do, what it may turn out to do, and the largest doubt
_SLOPE, _FLATTEST, _STEEPEST, _MOST = 0.8, 0.1, 2.0, 3.0
# pixels per side of strangers: other scenes than those that are learned from or measured with
_SIDE = 160
# strangers that are asked about once more, to see what a doubt did
_PROBES = 4


@torch.no_grad()
def level(face: Backbone, rows: ConceptTokens) -> None:
    """Move a name in place; one that cannot be moved, or of a model that sees nothing, stays."""
    writer = face.writer
    if writer is None or face.model.vit_model is None:
        return
    strangers = [one.image for one in neutral_negatives(_SIDE)]
    before = _margins(face, rows, strangers)
    missing = _mean(before) - _LEVEL
    tried = _bounded(missing / _SLOPE)
    writer.doubt(rows, tried)
    moved = _mean(before[:_PROBES]) - _mean(_margins(face, rows, strangers[:_PROBES]))
    slope = moved / tried if tried else 0.0
    # a name that this hardly moves, or the wrong way, stays as it was
    wanted = _bounded(missing / min(slope, _STEEPEST)) if slope > _FLATTEST else 0.0
    writer.doubt(rows, wanted - tried)


def _margins(face: Backbone, rows: ConceptTokens, pictures: Sequence[Image.Image]) -> list[float]:
    question = f"Is <{rows.name}> in this photo?"
    return face.margins(face.read([rows]), [(picture, question) for picture in pictures])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _bounded(doubt: float) -> float:
    return max(-_MOST, min(_MOST, doubt))
