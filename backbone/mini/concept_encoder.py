"""From views of a subject to the understanding rows that stand for it.

The rows are what the connector says of a view, cell by cell, so that a row and the picture it is
compared with speak the same language. Several views are weighed per cell. The name's own rows
(``sks`` as read, ``out`` as said) are a word's embedding plus a projection of all rows.

Letters: ``n`` concepts, ``V`` views, ``T`` tokens of a view (and rows), ``D`` the trunk's width.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backbone.concepts import ConceptTokens

__all__ = ["ConceptEncoder", "Rows", "WrittenConcept"]


class Rows(NamedTuple):
    """Rows of ``n`` concepts: ``sks [n, 1, D]``, ``und [n, T, D]``, ``out [n, 1, D]``."""

    sks: Tensor
    und: Tensor
    out: Tensor


class WrittenConcept(ConceptTokens):
    """A concept whose rows an encoder wrote: not parameters, so that gradients pass through."""

    def __init__(self, name: str, rows: Rows, gen: Tensor) -> None:
        written = {**rows._asdict(), "gen": gen}
        super().__init__(name, **{key: tensor.detach() for key, tensor in written.items()})
        for key, tensor in written.items():
            delattr(self, key)
            self.register_buffer(key, tensor.float(), persistent=False)

    def frozen(self) -> ConceptTokens:
        """Return the same rows as parameters, to keep or to train on."""
        rows = {key: getattr(self, key).detach().clone() for key in ("sks", "und", "gen", "out")}
        return ConceptTokens(self.name, **rows)


class ConceptEncoder(nn.Module):
    """Write rows from the connector's tokens of views."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.residual = nn.Linear(width, width)
        self.read = nn.Linear(width, width)
        self.say = nn.Linear(width, width)
        self.word = nn.Parameter(torch.zeros(width))

    @torch.no_grad()
    def start(self, word: Tensor) -> None:
        """Begin as the plain mean of the views, every name being the word ``[D]``."""
        for linear in (self.score, self.residual, self.read, self.say):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)
        self.word.copy_(word)

    def forward(self, views: Tensor, seen: Tensor) -> Rows:
        """Read ``views [n, V, T, D]``; ``seen [n, V]`` says which of them there are."""
        normed = F.layer_norm(views.float(), views.shape[-1:])
        scores = self.score(normed).float().masked_fill(~seen[:, :, None, None], float("-inf"))
        mean = (scores.softmax(dim=1) * views).sum(dim=1)
        und = mean + self.residual(F.layer_norm(mean.float(), mean.shape[-1:]))
        pooled = F.layer_norm(und.float().mean(dim=1, keepdim=True), und.shape[-1:])
        return Rows(self.word + self.read(pooled), und, self.word + self.say(pooled))

    def write(self, name: str, views: Tensor, gen: Tensor) -> WrittenConcept:
        """Write the rows of one concept from ``views [V, T, D]``; ``gen [N_g, Dg]`` is given."""
        seen = torch.ones(1, len(views), dtype=torch.bool, device=views.device)
        rows = self(views[None], seen)
        return WrittenConcept(name, Rows(*(part[0] for part in rows)), gen)
