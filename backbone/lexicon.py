"""What words mean by themselves: vectors of texts from the model's own vocabulary.

Rows of a vocabulary share most of what they are, how common a word is above all. Without that,
texts about one thing are near each other though they share no word; the last states of a small
model, which say what comes next, tell less. Nothing is run but the table of words.

Letters: ``n`` tokens of width ``Du``.
"""

import torch
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.model import UnifiedModel

__all__ = ["Lexicon"]

# rows of the vocabulary that are looked at, evenly spread
_ROWS = 16_384
# of the mean variance, so that what varies by chance only is not blown up
_DAMPING = 0.3


class Lexicon:
    """Hold what all words of a model have in common, and give vectors without it."""

    def __init__(self, model: UnifiedModel) -> None:
        self.model = model
        size = model.config.trunk.vocab_size
        rows = self._rows(list(range(0, size, max(size // _ROWS, 1))))
        self.mean = rows.mean(0)
        shared = torch.cov(rows.T)
        damped = torch.eye(len(shared)) * (_DAMPING * shared.diagonal().mean())
        self.factor: Tensor = torch.linalg.cholesky(shared + damped)

    def vector(self, ids: list[int]) -> Tensor:
        """Return a unit vector ``[Du]``: the mean of the words, less what all words share."""
        apart = (self._rows(ids) - self.mean).mean(0)
        found: Tensor = torch.linalg.solve_triangular(self.factor, apart[:, None], upper=False)
        length: Tensor = torch.linalg.vector_norm(found)
        return found[:, 0] / length.clamp_min(1e-12)

    @torch.no_grad()
    def _rows(self, ids: list[int]) -> Tensor:
        table = ConceptTable(self.model.config.trunk.vocab_size)
        return self.model.embed_ids(ids, table).float().cpu()
