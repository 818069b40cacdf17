"""What a photo looks like to the model: one vector of the whole, one of the subject alone."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from assistant.likeness import Vectors

if TYPE_CHECKING:
    from backbone import Backbone
    from learning.masks import Mask

__all__ = ["Look", "Looker", "embedders"]

# photos are looked at with this longest side; more shows nothing new
_SIDE = 512
# pixels per side of the subject's crop
_CROP = 128
_NEUTRAL, _NEUTRAL_SIDE = 24, 192


@dataclass(frozen=True)
class Look:
    """The vectors ``[D]`` of a photo and of its subject on grey."""

    whole: Vectors
    subject: Vectors


def embedders(model: str) -> tuple[str, str]:
    """Name what made the vectors of wholes and of subjects."""
    return model, f"{model}/subject"


class Looker:
    """Look at photos with one model, and know what the neutral pool looks like."""

    def __init__(self, model: Callable[[], "Backbone"], cache: Path) -> None:
        self.model, self.cache = model, cache

    def look(self, photo: Image.Image) -> Look:
        """Look at a photo."""
        from learning.masks import GrabCutSegmenter

        small = photo.convert("RGB")
        small.thumbnail((_SIDE, _SIDE))
        return self._look(small, GrabCutSegmenter().segment(small, "").inside)

    def _look(self, photo: Image.Image, mask: "Mask") -> Look:
        from backbone.mini.views import masked_crop

        crop, _ = masked_crop(np.asarray(photo), mask, _CROP)
        return Look(self._vector(photo), self._vector(Image.fromarray(crop)))

    def _vector(self, picture: Image.Image) -> Vectors:
        return np.asarray(self.model().embed_image(picture).numpy(), np.float64)

    @cached_property
    def neutral(self) -> Look:
        """Return the vectors ``[n, D]`` of the neutral pool, kept in a file between runs."""
        file = self.cache / "neutral.json"
        # one picture tells whether the file is of this model
        probe = self._vector(Image.linear_gradient("L").convert("RGB"))
        kept = _read(file)
        if (
            kept is not None
            and kept[0].shape == probe.shape
            and np.allclose(kept[0], probe, 0, 1e-3)
        ):
            return Look(kept[1], kept[2])
        made = self._neutral()
        rows = [probe.tolist(), made.whole.tolist(), made.subject.tolist()]
        # two processes may make it at the same time
        handle, waiting = tempfile.mkstemp(dir=file.parent, prefix=".neutral-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as unfinished:
                json.dump(rows, unfinished)
            os.replace(waiting, file)
        except OSError:
            os.unlink(waiting)
            raise
        return made

    def _neutral(self) -> Look:
        from learning.neutral import neutral_pool

        looks = [self._look(s.image, s.mask) for s in neutral_pool(_NEUTRAL_SIDE, _NEUTRAL)]
        return Look(np.stack([x.whole for x in looks]), np.stack([x.subject for x in looks]))


def _read(file: Path) -> tuple[Vectors, Vectors, Vectors] | None:
    """Read the probe, wholes and subjects; None if the file is not there or makes no sense."""
    try:
        probe, whole, subject = (np.asarray(part) for part in json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return probe, whole, subject
