"""Items of a sequence, laid out as the two streams of a pass.

The same code lays out one segment for cached inference and whole batches for training, so the
two agree by construction. A row may hold several samples; rows are padded to the longest. Samples
of a row that open with the same text, as with the same concept, share it: it is laid out once, and
each goes on from there. It computes no embedding.

Letters: ``B`` rows, ``Tu Tg`` slots per stream, ``P`` numbers of a latent token.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.config import SpecialTokens
from backbone.latents import latents_to_tokens
from backbone.positions import grid_places
from backbone.visibility import NONE, SplitMode, TokenMap

__all__ = [
    "Item",
    "LatentItem",
    "Packed",
    "Start",
    "TextItem",
    "Tools",
    "VitItem",
    "lay_out",
    "opening_of",
]

IMAGE, EDIT = "image", "edit"


@dataclass(frozen=True)
class TextItem:
    """One text segment; bos and eos are added. With ``loss`` its ids and eos are predicted."""

    ids: tuple[int, ...]
    loss: bool = False
    # left out for guidance training: no gap in positions
    dropped: bool = False


@dataclass(frozen=True)
class VitItem:
    """One image ``[3, H, W]`` for the understanding encoder, sized to its stride.

    Or what the encoder said of it, ``[T, Dv]`` of a square grid: a frozen encoder need not look
    at the same image in every step.
    """

    pixels: Tensor
    # left out for guidance training: its position stays empty
    dropped: bool = False


@dataclass(frozen=True)
class LatentItem:
    """One scaled latent ``[z, Hl, Wl]`` on the CPU: a clean condition, or noisy and predicted.

    ``t`` and ``noise [tokens, P]`` are drawn when a noisy item does not give them.
    """

    latent: Tensor
    noisy: bool = False
    task: str = IMAGE
    t: float | None = None
    noise: Tensor | None = None
    dropped: bool = False


Item = TextItem | VitItem | LatentItem


@dataclass(frozen=True)
class Start:
    """Say where a pass begins: after how many cached tokens, at which rotary position."""

    index: int = 0
    rope: int = 0


@dataclass(frozen=True)
class Packed:
    """One pass, laid out.

    ``und_source [B, Tu]`` indexes text tokens first, then the tokens of ``images`` in order;
    ``gen_source [B, Tg]`` indexes concept rows first, then latent tokens.
    """

    und_ids: list[int]
    und_source: Tensor
    und_map: TokenMap
    gen_ids: list[int]
    gen_source: Tensor
    gen_map: TokenMap
    images: list[Tensor]
    # latent tokens [N, P], their grid per image, their image's number per token
    latent_tokens: list[Tensor]
    latent_grids: list[tuple[int, int]]
    latents: list[LatentItem]
    # keys of und, then gen, into sequence order; for one row only
    order: Tensor | None
    end: Start
    # flat und slots that predict, what they predict, the weight of sqrt-length reweighting
    label_slots: Tensor
    labels: list[int]
    label_samples: list[int]
    label_weights: Tensor
    # flat gen slots of noisy tokens, and the task of each
    noise_slots: Tensor
    noise_tasks: list[str] = field(default_factory=list)

    @property
    def noisy(self) -> Tensor:
        """Tell which latent tokens ``[N]`` are noisy."""
        pairs = zip(self.latents, self.latent_tokens, strict=True)
        return torch.cat([torch.full((len(tokens),), item.noisy) for item, tokens in pairs])


class _Where(NamedTuple):
    """The first token of a run: what a whole run shares, and where it begins."""

    sample: int
    opening: int
    split: int
    mode: int
    place: int
    rope: int


@dataclass
class _Stream:
    """Slots of one stream of one row, as columns of a `TokenMap`."""

    source: list[int] = field(default_factory=list)
    sample: list[int] = field(default_factory=list)
    opening: list[int] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    mode: list[int] = field(default_factory=list)
    rope: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)

    def add(
        self,
        sources: Sequence[int],
        where: _Where,
        grid: tuple[list[int], list[int]] | None = None,
    ) -> None:
        """Add a run of tokens at consecutive places and one rotary position."""
        count = len(sources)
        self.source += sources
        self.sample += [where.sample] * count
        self.opening += [where.opening] * count
        self.split += [where.split] * count
        self.mode += [where.mode] * count
        self.place += range(where.place, where.place + count)
        self.rope += [where.rope] * count
        rows, columns = grid or ([-1] * count, [-1] * count)
        self.row += rows
        self.column += columns

    def columns(self) -> tuple[list[int], ...]:
        """Return the columns in the order of `TokenMap`."""
        return (
            self.sample,
            self.opening,
            self.place,
            self.split,
            self.mode,
            self.rope,
            self.row,
            self.column,
        )


class _Layout:
    """Collects rows. Text and row sources are final at once; those of image tokens are negative
    until the end (-1 the first), because they come after all text.
    """

    def __init__(self, tools: "Tools") -> None:
        self.tools = tools
        self.und_rows: list[_Stream] = []
        self.gen_rows: list[_Stream] = []
        self.und_ids: list[int] = []
        self.gen_ids: list[int] = []
        self.images: list[Tensor] = []
        self.vit_count = self.latent_count = 0
        self.latents: list[LatentItem] = []
        self.latent_tokens: list[Tensor] = []
        self.latent_grids: list[tuple[int, int]] = []
        # (row, slot, label, sample, weight) and (row, slot, task)
        self.labels: list[tuple[int, int, int, int, float]] = []
        self.noise: list[tuple[int, int, str]] = []

    def row(self, samples: Sequence[Sequence[Item]], first_sample: int, start: Start) -> Start:
        """Add one row; return where its last sample ends."""
        self.und_rows.append(_Stream())
        self.gen_rows.append(_Stream())
        shared, laid = _shared(samples), dict[Item, _Where]()
        where = _Where(0, NONE, 0, SplitMode.CAUSAL, start.index, start.rope)
        for number, items in enumerate(samples, first_sample):
            where, rest = where._replace(sample=number, opening=NONE, rope=start.rope), items
            if opening_of(items) in shared:
                first, rest = items[0], items[1:]
                if first not in laid:
                    opening = where._replace(sample=NONE - 1 - len(laid))
                    where = laid[first] = self._items([first], opening)
                opened = laid[first]
                where = where._replace(sample=number, opening=opened.sample, rope=opened.rope)
            where = self._items(rest, where)
        return Start(where.place, where.rope)

    def _items(self, items: Sequence[Item], where: _Where) -> _Where:
        """Add items one after the other; return where the next one begins."""
        for item in items:
            used, advance = self._item(item, where)
            where = where._replace(
                split=where.split + 1, place=where.place + used, rope=where.rope + advance
            )
        return where

    def _item(self, item: Item, where: _Where) -> tuple[int, int]:
        """Add one item; return the tokens it took and how far rotary positions moved (§13)."""
        if isinstance(item, TextItem):
            return (0, 0) if item.dropped else self._text(item, where)
        if isinstance(item, VitItem):
            return 0 if item.dropped else self._vit(item, where), 1
        advance = 0 if item.noisy else 1
        return 0 if item.dropped else self._latent(item, where), advance

    def _text(self, item: TextItem, where: _Where) -> tuple[int, int]:
        special, table = self.tools.special, self.tools.table
        ids = [special.bos_token_id, *item.ids, special.eos_token_id]
        for at, token in enumerate(ids):
            here = where._replace(place=where.place + at, rope=where.rope + at)
            if table.is_gen(token):
                self.gen_rows[-1].add([len(self.gen_ids)], here, table.grid_place(token))
                self.gen_ids.append(token)
                continue
            if item.loss and at + 1 < len(ids):
                self._label(ids[at + 1], where.sample, (len(ids) - 1) ** -0.5)
            self._und_text(token, here)
        return len(ids), len(ids)

    def _label(self, label: int, sample: int, weight: float) -> None:
        slot = len(self.und_rows[-1].source)
        self.labels.append((len(self.und_rows) - 1, slot, label, sample, weight))

    def _und_text(self, token: int, where: _Where) -> None:
        self.und_rows[-1].add([len(self.und_ids)], where)
        self.und_ids.append(token)

    def _image(self, sources: range, where: _Where) -> int:
        """Add a seen image between its two markers."""
        special, last = self.tools.special, where.place + 1 + len(sources)
        self._und_text(special.start_of_image, where)
        self.und_rows[-1].add(sources, where._replace(place=where.place + 1))
        self._und_text(special.end_of_image, where._replace(place=last))
        return len(sources) + 2

    def _vit(self, item: VitItem, where: _Where) -> int:
        count = self.tools.count_tokens(item.pixels)
        sources = range(-self.vit_count - 1, -self.vit_count - 1 - count, -1)
        self.vit_count += count
        self.images.append(item.pixels)
        return self._image(sources, where._replace(mode=SplitMode.FULL))

    def _latent(self, item: LatentItem, where: _Where) -> int:
        patch = self.tools.latent_patch
        tokens = latents_to_tokens(item.latent[None], patch)[0]
        sources = range(-self.latent_count - 1, -self.latent_count - 1 - len(tokens), -1)
        self.latent_count += len(tokens)
        self.latents.append(item)
        self.latent_tokens.append(tokens)
        grid = (item.latent.shape[1] // patch, item.latent.shape[2] // patch)
        self.latent_grids.append(grid)
        if item.noisy:
            row, slot = len(self.gen_rows) - 1, len(self.gen_rows[-1].source)
            self.noise += [(row, slot + at, item.task) for at in range(len(tokens))]
        mode = SplitMode.NOISE if item.noisy else SplitMode.FULL
        return self._latent_tokens(sources, where._replace(mode=mode), grid_places(*grid))

    def _latent_tokens(
        self, sources: range, where: _Where, grid: tuple[list[int], list[int]]
    ) -> int:
        """Add latent tokens; their markers, if any, are understanding tokens (§11)."""
        special, inner = self.tools.special, where._replace(place=where.place + 1)
        if not self.tools.latent_markers:
            self.gen_rows[-1].add(sources, where, grid)
            return len(sources)
        self._und_text(special.start_of_image, where)
        self.gen_rows[-1].add(sources, inner, grid)
        after = inner._replace(place=inner.place + len(sources))
        self._und_text(special.end_of_image, after)
        return len(sources) + 2

    def finish(self, end: Start) -> Packed:
        """Stack the rows and give image tokens their final sources."""
        und_source, und_map = _stack(self.und_rows, len(self.und_ids))
        gen_source, gen_map = _stack(self.gen_rows, len(self.gen_ids))
        order = None
        if len(self.und_rows) == 1 and gen_map.tokens:
            order = torch.cat([und_map.place[0], gen_map.place[0]]).argsort()
        return Packed(
            und_ids=self.und_ids,
            und_source=und_source,
            und_map=und_map,
            gen_ids=self.gen_ids,
            gen_source=gen_source,
            gen_map=gen_map,
            images=self.images,
            latent_tokens=self.latent_tokens,
            latent_grids=self.latent_grids,
            latents=self.latents,
            order=order,
            end=end,
            label_slots=_slots([(row, slot) for row, slot, *_ in self.labels], und_map.tokens),
            labels=[label[2] for label in self.labels],
            label_samples=[label[3] for label in self.labels],
            label_weights=torch.tensor([label[4] for label in self.labels]),
            noise_slots=_slots([(row, slot) for row, slot, _ in self.noise], gen_map.tokens),
            noise_tasks=[task for _, _, task in self.noise],
        )


@dataclass(frozen=True)
class Tools:
    """What laying out has to know of a model."""

    table: ConceptTable
    special: SpecialTokens
    latent_patch: int
    count_tokens: Callable[[Tensor], int]
    latent_markers: bool = True


def lay_out(
    rows: Sequence[Sequence[Sequence[Item]]], tools: Tools, start: Start | None = None
) -> Packed:
    """Lay out rows of samples of items as one pass.

    ``start`` places the pass after what a cache holds; several rows start at the beginning.
    """
    layout, first, end = _Layout(tools), 0, start or Start()
    for samples in rows:
        end = layout.row(samples, first, start or Start())
        first += len(samples)
    return layout.finish(end)


def opening_of(items: Sequence[Item]) -> TextItem | None:
    """Return a sample's first item where others could share it: text that more comes after."""
    first = items[0] if len(items) > 1 else None
    return first if isinstance(first, TextItem) and not (first.loss or first.dropped) else None


def _shared(samples: Sequence[Sequence[Item]]) -> set[TextItem]:
    """Name the openings that several samples of a row have."""
    found = Counter(opening for items in samples if (opening := opening_of(items)) is not None)
    return {opening for opening, count in found.items() if count > 1}


def _slots(places: list[tuple[int, int]], width: int) -> Tensor:
    return torch.tensor([row * width + slot for row, slot in places], dtype=torch.long)


def _stack(rows: list[_Stream], texts: int) -> tuple[Tensor, TokenMap]:
    width = max(len(row.source) for row in rows)
    shape = (len(rows), width)

    def table(columns: list[list[int]], fill: int) -> Tensor:
        values = [column + [fill] * (width - len(column)) for column in columns]
        return torch.tensor(values, dtype=torch.long).reshape(shape)

    sources = [[texts - 1 - s if s < 0 else s for s in row.source] for row in rows]
    columns = zip(*(row.columns() for row in rows), strict=True)
    fills = TokenMap(NONE, NONE, 0, -1, 0, 0, -1, -1)  # type: ignore[arg-type]
    maps = (table(list(c), int(fill)) for c, fill in zip(columns, fills, strict=True))
    return table(sources, 0), TokenMap(*maps)
