"""Concept tokens: the rows a concept adds to the input of a frozen backbone.

Per concept ``<sks>`` and N_u understanding rows for the understanding expert, N_g generation rows
for the generation expert, and one output row so that the model can say the name (paper §3.1,
eq. 1). The vocabulary never changes: rows get ids far past any vocabulary's end, which belong to
one `ConceptTokens` object wherever it is used, and nothing but ``<sks>`` has an output row, so
the other ids cannot be sampled. It knows no users and no files.

Letters: ``Du Dg`` widths of the experts, ``V`` vocabulary size.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Generator, Tensor, nn

from backbone.config import BackboneConfig
from backbone.positions import NOMINAL_SIDE, PARTS, grid_places
from omni_errors import InputError

__all__ = ["ConceptTable", "ConceptTokens", "ConceptWriter", "Routing"]

UNDERSTAND, GENERATE = "understand", "generate"
# past any vocabulary; ids of one object after those of another
_FIRST_ID, _IDS_EACH = 1 << 40, 1 << 20
_COUNT = itertools.count()


@dataclass(frozen=True)
class Routing:
    """Choose which rows go where; the defaults are the paper's method.

    ``shared_expert`` runs the generation rows through the understanding expert, the ablation
    "w/o disentangled tokens".
    """

    shared_expert: bool = False
    hide_gen_in_und: bool = False
    hide_und_in_gen: bool = False


class ConceptWriter(Protocol):
    """Say what writes rows from photos."""

    def write(
        self,
        name: str,
        photos: Sequence[Image.Image],
        masks: Sequence[NDArray[np.bool_]] | None = None,
    ) -> "ConceptTokens":
        """Write a concept's rows from photos of it and masks ``[H, W]`` of where it is."""

    def doubt(self, rows: "ConceptTokens", amount: float) -> None:
        """Let a name in place say yes less readily, or more where the amount is below 0."""


class ConceptTokens(nn.Module):
    """Hold the rows of one concept in float32; train these, never the backbone."""

    def __init__(
        self,
        name: str,
        *,
        sks: Tensor,
        und: Tensor,
        gen: Tensor,
        out: Tensor,
        routing: Routing | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        # the id of its first row: rows of different objects never share an id
        self.first = _FIRST_ID + next(_COUNT) * _IDS_EACH
        self.routing = routing or Routing()
        self.sks = nn.Parameter(sks.float())
        self.und = nn.Parameter(und.float())
        self.gen = nn.Parameter(gen.float())
        self.out = nn.Parameter(out.float())

    @classmethod
    def random(
        cls,
        name: str,
        config: BackboneConfig,
        generator: Generator,
        *,
        und_rows: int = 16,
        gen_rows: int = 16,
        scale: float = 0.02,
        routing: Routing | None = None,
    ) -> "ConceptTokens":
        """Draw all rows from a normal distribution of standard deviation ``scale``.

        A model without a generation expert gets generation rows of width 0, and none of them.
        """
        routing = routing or Routing()
        und_width = config.trunk.understanding.hidden_size
        expert = config.trunk.generation
        gen_width = und_width if routing.shared_expert else expert.hidden_size if expert else 0
        shapes = {"sks": (1, und_width), "und": (und_rows, und_width), "out": (1, und_width)}
        shapes["gen"] = (gen_rows if gen_width else 0, gen_width)
        rows = {k: scale * torch.randn(s, generator=generator) for k, s in sorted(shapes.items())}
        return cls(name, **rows, routing=routing)

    @property
    def size(self) -> int:
        """Count the input rows."""
        return 1 + len(self.und) + len(self.gen)

    def check(self, config: BackboneConfig) -> None:
        """Refuse rows made for a backbone of other widths.

        Raises:
            InputError: naming both widths.
        """
        trunk = config.trunk
        und_width = trunk.understanding.hidden_size
        other = [p.shape[1] for p in (self.sks, self.und, self.out) if p.shape[1] != und_width]
        if other:
            raise InputError(
                f"The tokens of {self.name!r} are {other[0]} wide, but {config.name} "
                f"reads {und_width}.",
                hint="Learn the concept again with this model.",
            )
        expert = trunk.understanding if self.routing.shared_expert else trunk.generation
        if expert is not None and len(self.gen) and self.gen.shape[1] != expert.hidden_size:
            raise InputError(
                f"The generation tokens of {self.name!r} are {self.gen.shape[1]} wide, but "
                f"{config.name} reads {expert.hidden_size}.",
                hint="Learn the concept again with this model.",
            )


class ConceptTable:
    """Hold the concepts in play, in the order they came, and what their ids mean.

    The same object stands once: adding it again changes nothing. A conversation's names must
    differ; a training batch (``names_differ=False``) may hold two concepts of one name, since ids
    tell them apart.

    Raises:
        InputError: if two concepts of a conversation have the same name.
    """

    def __init__(
        self,
        vocab_size: int,
        concepts: Sequence[ConceptTokens] = (),
        *,
        names_differ: bool = True,
        side_by_side: bool = False,
    ) -> None:
        self.vocab_size, self.side_by_side = vocab_size, side_by_side
        self.concepts = tuple({c.first: c for c in concepts}.values())
        self._columns = {c.first: vocab_size + n for n, c in enumerate(self.concepts)}
        names = [c.name for c in self.concepts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if names_differ and twice:
            raise InputError(f"Two concepts are called {twice[0]!r}; names in play must differ.")

    def with_concept(self, concept: ConceptTokens) -> "ConceptTable":
        """Return a table that holds one more concept."""
        if concept.first in self._columns:
            return self
        more = (*self.concepts, concept)
        return ConceptTable(self.vocab_size, more, side_by_side=self.side_by_side)

    def sks(self, name: str) -> int:
        """Return the id that stands for a concept's name."""
        return self._named(name).first

    def rows(self, name: str, purpose: str) -> list[int]:
        """List the ids that follow "is" in a concept's prefix, for understanding or generation."""
        concept = self._named(name)
        first = concept.first + 1
        middle, last = first + len(concept.und), first + len(concept.und) + len(concept.gen)
        routing = concept.routing
        und = [] if purpose == GENERATE and routing.hide_und_in_gen else [*range(first, middle)]
        gen = [] if purpose == UNDERSTAND and routing.hide_gen_in_und else [*range(middle, last)]
        return und + gen

    def _named(self, name: str) -> ConceptTokens:
        for concept in self.concepts:
            if concept.name == name:
                return concept
        known = sorted(c.name for c in self.concepts)
        raise InputError(f"No concept {name!r} is in play; there are {known}.")

    def is_gen(self, token: int) -> bool:
        """Tell whether an id belongs to the generation expert."""
        if token < self.vocab_size:
            return False
        concept, place = self._find(token)
        return place > len(concept.und) and not concept.routing.shared_expert

    def grid_place(self, token: int) -> tuple[list[int], list[int]] | None:
        """Place a generation row on a picture's grid, if a concept's rows form a square.

        In a table of those that are drawn together they stand side by side, the first on the
        left, whole tokens apart; a batch has concepts of many pictures, each in the middle of its.
        """
        concept, place = self._find(token)
        side = math.isqrt(len(concept.gen))
        if side * side != len(concept.gen):
            return None
        rows, columns = grid_places(side, side)
        number = place - 1 - len(concept.und)
        aside = self._aside(concept) if self.side_by_side else 0
        return [rows[number]], [columns[number] + aside]

    def _aside(self, concept: ConceptTokens) -> int:
        """Tell how far to the right a concept stands, in parts of a token."""
        drawn = [c.first for c in self.concepts if len(c.gen)]
        apart = NOMINAL_SIDE / max(len(drawn), 1)
        return PARTS * round((drawn.index(concept.first) - (len(drawn) - 1) / 2) * apart)

    def _find(self, token: int) -> tuple[ConceptTokens, int]:
        for concept in self.concepts:
            if concept.first <= token < concept.first + concept.size:
                return concept, token - concept.first
        raise InputError(f"Token {token} belongs to no concept in play.")

    def vectors(self, tokens: Sequence[int]) -> Tensor:
        """Stack the rows of concept ids of one width ``[n, D]``, keeping their gradients."""
        picked = []
        for token in tokens:
            concept, place = self._find(token)
            und_end = 1 + len(concept.und)
            source = concept.sks if place == 0 else concept.und if place < und_end else concept.gen
            offset = 0 if place == 0 else 1 if place < und_end else und_end
            picked.append(source[place - offset])
        return torch.stack(picked)

    def out_rows(self) -> Tensor:
        """Stack the output rows ``[C, Du]``, one per concept."""
        return torch.cat([c.out for c in self.concepts])

    def column(self, token: int) -> int:
        """Map an id to its column in the extended logits ``[V + C]``.

        Raises:
            InputError: if the id is a row without an output.
        """
        if token < self.vocab_size:
            return token
        concept, place = self._find(token)
        if place:
            raise InputError(f"Row {place} of {concept.name!r} cannot be predicted.")
        return self._columns[concept.first]

    def token(self, column: int) -> int:
        """Map a column of the extended logits back to an id."""
        if column < self.vocab_size:
            return column
        return self.concepts[column - self.vocab_size].first

    def name_of(self, token: int) -> str | None:
        """Return the concept whose ``<sks>`` an id is, or None for an ordinary token."""
        if token < self.vocab_size:
            return None
        return self._find(token)[0].name
