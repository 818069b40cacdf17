"""What encoders see in the photos that are learned from, each looked at once."""

import numpy as np

from bench.data.items import Bench, Subject
from bench.data.pictures import open_picture
from bench.metrics.encoders import ImageEncoder
from bench.metrics.similarity import Vectors

__all__ = ["Looks"]


class Looks:
    """Look at the photos of a bench's subjects, and remember by the encoder's name."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._of: dict[tuple[str, str], Vectors] = {}
        self._means: dict[str, Vectors] = {}

    def of(self, encoder: ImageEncoder, subject: Subject) -> Vectors:
        """Look at the photos of one subject ``[R, D]``."""
        key = (encoder.name, subject.name)
        if key not in self._of:
            photos = [open_picture(self.bench.folder, path) for path in subject.train]
            self._of[key] = encoder.embed(photos)
        return self._of[key]

    def means(self, encoder: ImageEncoder) -> Vectors:
        """Average the photos of every subject ``[S, D]``."""
        if encoder.name not in self._means:
            seen = [self.of(encoder, one).mean(axis=0) for one in self.bench.subjects]
            self._means[encoder.name] = np.stack(seen)
        return self._means[encoder.name]
