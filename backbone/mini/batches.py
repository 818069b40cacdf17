"""Batches made once by many processes and kept where the model is; those of the generation stage.

On a graphics card the expert's own step takes no longer than laying a batch out. So who is in a
batch never changes: its texts are read, its pictures encoded and its tokens placed once. What is
new whenever it comes up is noise and time.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import cv2
import numpy as np
import torch
from numpy.random import default_rng
from numpy.typing import NDArray
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.decoder import Cache, Geometry, KeyValue
from backbone.latents import latents_to_tokens
from backbone.mini.assembly import Parts, shares
from backbone.mini.pixels import Bytes
from backbone.packing import Packed, Start
from backbone.visibility import NONE, TokenMap

if TYPE_CHECKING:
    from backbone.mini.generation import Example

__all__ = ["Batch", "Batches", "Layout", "Shown", "as_cache", "make_ready"]
__all__ += ["read_texts", "shown"]

# text tokens of a row in all batches, so that all have one shape
_TEXT = 48
_SEED = 31
# batches that are waited for
_FIRST = 8


@dataclass(frozen=True)
class Layout:
    """A pass laid out, in numbers another process can send: see `Packed`.

    Ids of concepts are counted from the end of the vocabulary, since each process has its own.
    """

    und_ids: list[int]
    und_source: NDArray[np.int64]
    und_map: tuple[NDArray[np.int64], ...]
    gen_ids: list[int]
    gen_source: NDArray[np.int64]
    gen_map: tuple[NDArray[np.int64], ...]
    noise_slots: NDArray[np.int64]

    @classmethod
    def of(cls, packed: Packed, table: ConceptTable, width: int = _TEXT) -> "Layout":
        """Take what a pass needs, its texts padded to a width.

        Raises:
            ValueError: if a text is longer.
        """
        room = width - packed.und_map.tokens
        if room < 0:
            raise ValueError(f"a text has {packed.und_map.tokens} tokens, {width} at most")
        fills = TokenMap(NONE, NONE, 0, -1, 0, 0, -1, -1)  # type: ignore[arg-type]
        pairs = zip(packed.und_map, fills, strict=True)
        return cls(
            [_relative(i, table) for i in packed.und_ids],
            _padded(packed.und_source, room, 0),
            tuple(_padded(column, room, int(fill)) for column, fill in pairs),
            [_relative(i, table) for i in packed.gen_ids],
            packed.gen_source.numpy(),
            tuple(column.numpy() for column in packed.gen_map),
            packed.noise_slots.numpy(),
        )

    def packed(self, table: ConceptTable) -> Packed:
        """Return the pass, without the pictures it was laid out for."""
        return Packed(
            und_ids=[_absolute(i, table) for i in self.und_ids],
            und_source=torch.from_numpy(self.und_source),
            und_map=TokenMap(*map(torch.from_numpy, self.und_map)),
            gen_ids=[_absolute(i, table) for i in self.gen_ids],
            gen_source=torch.from_numpy(self.gen_source),
            gen_map=TokenMap(*map(torch.from_numpy, self.gen_map)),
            images=[],
            latent_tokens=[],
            latent_grids=[],
            latents=[],
            order=None,
            end=Start(),
            label_slots=torch.zeros(0, dtype=torch.long),
            labels=[],
            label_samples=[],
            label_weights=torch.zeros(0),
            noise_slots=torch.from_numpy(self.noise_slots),
        )


def _relative(token: int, table: ConceptTable) -> int:
    first = table.concepts[0].first
    return token if token < table.vocab_size else token - first + table.vocab_size


def _absolute(token: int, table: ConceptTable) -> int:
    first = table.concepts[0].first
    return token if token < table.vocab_size else token - table.vocab_size + first


def _padded(column: Tensor, room: int, fill: int) -> NDArray[np.int64]:
    return np.pad(column.numpy(), ((0, 0), (0, room)), constant_values=fill)


@dataclass(frozen=True)
class Shown:
    """The pictures of a group of examples of one task, and how it is laid out.

    Targets and sources ``[n, S, S, 3]``, crops ``[m, s, s, 3]`` and their masks ``[m, s, s]`` of
    the examples whose condition is not dropped.
    """

    layout: Layout
    targets: Bytes
    crops: Bytes
    masks: Bytes
    sources: Bytes | None
    # weights of the targets' tokens [n, tokens]
    focus: NDArray[np.float32]


def shown(group: "list[Example]", packed: Packed, table: ConceptTable) -> Shown:
    """Gather the pictures of a group that was laid out."""
    picked = np.array([not e.dropped for e in group])
    sources = [e.source for e in group if e.source is not None]
    return Shown(
        Layout.of(packed, table),
        np.stack([e.target for e in group]),
        np.stack([e.crop for e in group])[picked],
        np.stack([e.mask for e in group])[picked],
        np.stack(sources) if sources else None,
        np.stack([e.focus for e in group]),
    )


@dataclass(frozen=True)
class Batch:
    """A group of examples where the model is: all of a step but noise and time.

    ``data [N, P]`` are the latent tokens of sources and targets in the order of their rows,
    ``targets [m]`` are those of targets among them, ``ids [N]`` their places in a picture, which
    has ``tokens``; ``crops [m, z, 16, 16]`` and ``shares [m, 1, 16, 16]`` write rows; ``focus [m]``
    weighs the tokens of targets.
    """

    data: Tensor
    targets: Tensor
    ids: Tensor
    tokens: int
    gen_source: Tensor
    noise_slots: Tensor
    geometry: Geometry
    cache: Cache
    crops: Tensor
    shares: Tensor
    focus: Tensor

    @property
    def drawn(self) -> bool:
        """Tell drawings, which have no sources, from edits."""
        return len(self.data) == len(self.gen_source) * self.tokens


@torch.no_grad()
def make_ready(parts: Parts, table: ConceptTable, given: Shown) -> Batch:
    """Encode a group's pictures and read its texts."""
    model, packed = parts.model, given.layout.packed(table)
    pictures = [parts.encode(list(given.targets))]
    if given.sources is not None:
        pictures.insert(0, parts.encode(list(given.sources)))
    latents = torch.stack(pictures, 1)
    tokens = latents_to_tokens(latents.flatten(0, 1), model.config.latent_patch_size)
    side = latents.shape[-1] // model.config.latent_patch_size
    noisy = (torch.arange(len(pictures)) == len(pictures) - 1).repeat(len(latents))
    masks = torch.from_numpy(given.masks).to(model.device).float()[:, None] / 255
    geometry = model.geometry(packed)
    return Batch(
        data=tokens.flatten(0, 1),
        targets=noisy.repeat_interleave(tokens.shape[1]).nonzero()[:, 0].to(model.device),
        ids=model.latent_ids(side, side).repeat(len(tokens)),
        tokens=tokens.shape[1],
        gen_source=packed.gen_source.to(model.device),
        noise_slots=packed.noise_slots.to(model.device),
        geometry=geometry._replace(und_rope=None, und_bias=None, und_only_bias=None),
        cache=as_cache(parts, read_texts(parts, packed, table), packed.und_map.tokens),
        crops=parts.encode(list(given.crops)) if len(given.crops) else torch.zeros(0),
        shares=shares(masks),
        focus=torch.from_numpy(given.focus).flatten().to(model.device),
    )


@torch.no_grad()
def read_texts(parts: Parts, packed: Packed, table: ConceptTable) -> dict[int, KeyValue]:
    """Read the texts of a pass; return keys and values of layers with a generation expert.

    The rows among the texts take up positions, but are not there to be seen.
    """
    model, trunk = parts.model, parts.model.config.trunk
    layers = [n for n in range(trunk.num_hidden_layers) if trunk.has_generation(n)]
    if not packed.und_ids:
        shape = (len(packed.und_source), trunk.num_key_value_heads, packed.und_map.tokens)
        empty = torch.zeros(*shape, trunk.head_dim, device=model.device, dtype=model.dtype)
        return dict.fromkeys(layers, (empty, empty))
    source = packed.und_source.to(model.device)
    und = model.embed_ids(packed.und_ids, table)[source]
    geometry = model.geometry(packed)
    geometry = geometry._replace(und_bias=geometry.und_only_bias, order=None)
    read: dict[int, KeyValue] = {}
    for index, layer in enumerate(model.language_model.model.layers[: layers[-1] + 1]):
        und, _, pair = layer(und, None, geometry, None, keep=True)
        if index in layers and pair is not None:
            read[index] = pair
    return read


def as_cache(parts: Parts, read: dict[int, KeyValue], width: int) -> Cache:
    """Return a cache of ``width`` text tokens."""
    kept = [read.get(n) for n in range(parts.model.config.trunk.num_hidden_layers)]
    return Cache(tuple(kept), length=width, und_length=width, is_gen=(False,) * width)


Made = TypeVar("Made")
Kept = TypeVar("Kept")


class Batches(Generic[Made, Kept]):
    """Let processes make a number of batches; hand each out as soon as it is ready.

    ``open_maker(*arguments)`` is called once in each process, and returns what makes a batch of
    a number. Processes share nothing: threads of a model that is open do not survive a fork.
    Who does not ``wait`` gets an earlier batch again while none is new, after the first few.
    """

    def __init__(
        self,
        count: int,
        processes: int,
        open_maker: Callable[..., Callable[[int], Made]],
        *arguments: object,
        wait: bool = True,
    ) -> None:
        self.count, self.wait = count, wait
        self.kept: list[Kept] = []
        self._pool = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_alone,
            initargs=(open_maker, arguments),
        )
        self._coming: list[Future[Made] | None] = [
            self._pool.submit(_make, number) for number in range(count)
        ]

    def batch(self, step: int, ready: Callable[[Made], Kept]) -> Kept:
        """Return the batch of a step: new ones first, then all again in a new order."""
        if step >= self.count and (self.wait or not self._unseen()):
            return self._seen(self._again(step), ready)
        if self.wait or len(self.kept) <= _FIRST or self._is_ready(len(self.kept)):
            return self._seen(step if self.wait else len(self.kept), ready)
        return self.kept[int(default_rng([_SEED, step]).integers(len(self.kept)))]

    def close(self) -> None:
        """Let the processes go, whatever they have not made yet."""
        self._pool.shutdown(cancel_futures=True)

    def _again(self, step: int) -> int:
        order = default_rng([_SEED, step // self.count]).permutation(self.count)
        return int(order[step % self.count])

    def _unseen(self) -> bool:
        return len(self.kept) < self.count

    def _is_ready(self, number: int) -> bool:
        coming = self._coming[number] if number < self.count else None
        return coming is not None and coming.done()

    def _seen(self, number: int, ready: Callable[[Made], Kept]) -> Kept:
        while len(self.kept) <= number:
            at = len(self.kept)
            coming, self._coming[at] = self._coming[at], None
            if coming is None:
                raise ValueError(f"batch {at} was taken and not kept")
            self.kept.append(ready(coming.result()))
        return self.kept[number]


# what makes batches in a process
_MAKERS: list[Callable[[int], Any]] = []


def _alone(
    open_maker: Callable[..., Callable[[int], object]], arguments: tuple[object, ...]
) -> None:
    """Keep a process to one core, and open what makes batches there."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _MAKERS.append(open_maker(*arguments))


def _make(number: int) -> Any:
    return _MAKERS[0](number)
