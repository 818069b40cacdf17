"""What the model has read so far: a cache, a position, and the concepts in play.

A context is cheap to copy, because the cache is a value; what waits to be read is read first.
Items enter one after the other; image tokens and concept rows take part as the specification says
(§11-§14). It works on ids and tensors, not on words.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from backbone.concepts import UNDERSTAND, ConceptTable
from backbone.decoder import Cache
from backbone.model import UnifiedModel
from backbone.packing import Item, LatentItem, Packed, Start, TextItem, lay_out

__all__ = ["TOGETHER", "Context", "FlowQuery"]

# tokens up to which items, and samples that do not see each other, are read in one pass
TOGETHER = 1024


class Context:
    """Hold one conversation's state for one model.

    ``purpose`` decides which rows a concept's prefix shows, where its routing hides some.
    """

    def __init__(
        self, model: UnifiedModel, table: ConceptTable | None = None, purpose: str = UNDERSTAND
    ) -> None:
        self.model = model
        self.table = table or ConceptTable(model.config.trunk.vocab_size)
        self.purpose = purpose
        self._cache, self._rope = Cache(), 0
        # what comes next, not read yet: together it takes one pass instead of several
        self._waiting: tuple[Item, ...] = ()

    @property
    def cache(self) -> Cache:
        """Return the keys and values of everything read."""
        self._catch_up()
        return self._cache

    @property
    def rope(self) -> int:
        """Return the rotary position of what comes next."""
        self._catch_up()
        return self._rope

    @property
    def length(self) -> int:
        """Count the tokens read."""
        return self.cache.length

    def copy(self) -> "Context":
        """Return a context that goes its own way from here."""
        other = Context(self.model, self.table, self.purpose)
        other._cache, other._rope = self.cache, self.rope
        return other

    def add(self, item: Item) -> Tensor | None:
        """Read one item; return the normed hidden states ``[1, Tu, Du]`` of its und tokens.

        A latent is read as a clean condition at time 0.
        """
        self._catch_up()
        return self._keep((item,))

    def later(self, item: Item) -> None:
        """Read one item as soon as anything is asked of the context, or at once if it is long.

        A pass over few tokens takes hardly longer than over one, since weights are read once. Over
        thousands nothing is gained by sharing it, and everybody's mask with everybody is large.
        """
        size = self.model.item_tokens(item)
        if size + sum(self.model.item_tokens(one) for one in self._waiting) > TOGETHER:
            self._catch_up()
        self._waiting += (item,)
        if size > TOGETHER:
            self._catch_up()

    @torch.no_grad()
    def peek(self, samples: Sequence[Sequence[Item]]) -> list[Tensor]:
        """Read samples as if each came next, and keep none.

        Return the states ``[T, Du]`` of the text that each ends with. It is one pass, in which
        no sample sees another: weights are read once for all of them. What waits to be read goes
        before a single sample in the same pass, and goes on waiting.
        """
        before = self._waiting if len(samples) == 1 else ()
        if not before:
            self._catch_up()
        packed = self._laid_out([(*before, *items) for items in samples])
        hidden, _, _ = self._run(packed, keep=False)
        if hidden is None:
            raise ValueError("a text has at least its bos")
        owner, found = packed.und_map.sample[0].to(hidden.device), []
        for number, items in enumerate(samples):
            last = items[-1]
            if not isinstance(last, TextItem):
                raise ValueError("a sample that is read for its states ends with a text")
            # its bos and eos as well
            found.append(hidden[0][owner == number][-len(last.ids) - 2 :])
        return found

    def _catch_up(self) -> None:
        if self._waiting:
            self._keep(self._waiting)
            # only now: what failed is not read, and waits
            self._waiting = ()

    @torch.no_grad()
    def _keep(self, items: Sequence[Item]) -> Tensor | None:
        packed = self._laid_out([items])
        und, _, self._cache = self._run(packed, keep=True)
        self._rope = packed.end.rope
        return und

    def _laid_out(self, samples: Sequence[Sequence[Item]]) -> Packed:
        start = Start(self._cache.length, self._rope)
        return lay_out([samples], self.model.tools(self.table), start)

    def _run(self, packed: Packed, *, keep: bool) -> tuple[Tensor | None, Tensor | None, Cache]:
        latents = torch.cat(packed.latent_tokens) if packed.latent_tokens else None
        times = torch.zeros(len(latents)) if latents is not None else None
        und, gen = self.model.embed(packed, self.table, latents, times)
        geometry = self.model.geometry(packed, self._cache)
        return self.model.run(und, gen, geometry, self._cache, keep=keep)


class FlowQuery:
    """Predict velocities for one picture after one context.

    Everything that does not change from step to step is computed once. The context's cache is
    read, never written (§14).
    """

    def __init__(self, context: Context, h: int, w: int) -> None:
        model = context.model
        channels = model.config.patch_latent_dim // model.config.latent_patch_size**2
        side = model.config.latent_patch_size
        blank = LatentItem(torch.zeros(channels, h * side, w * side), noisy=True)
        start = Start(context.cache.length, context.rope)
        packed = lay_out([[[blank]]], model.tools(context.table), start)
        self.model, self.cache = model, context.cache
        self.geometry = model.geometry(packed, context.cache)
        self.markers = None
        if packed.und_ids:
            self.markers = model.embed_ids(packed.und_ids, context.table)[None]
        self.ids = model.latent_ids(h, w)

    @torch.no_grad()
    def __call__(self, x: Tensor, t: float) -> Tensor:
        """Return the velocity ``[1, h * w, P]`` of noisy tokens of that shape at a time."""
        times = torch.full(x.shape[:2], t, device=self.model.device)
        gen = self.model.embed_latents(x.to(self.model.device), times, self.ids)
        _, hidden, _ = self.model.run(self.markers, gen, self.geometry, self.cache)
        if hidden is None:
            raise ValueError("a flow step lost its tokens")
        return self.model.velocity(hidden, x.to(self.model.device), times).to(x.device)
