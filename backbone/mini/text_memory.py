"""What a language model said of texts, kept for when they come up again.

It never sees generation tokens, so its keys and values for a text are always the same.
"""

from collections import OrderedDict

import torch
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.decoder import Cache, KeyValue
from backbone.mini.assembly import Parts
from backbone.mini.batches import as_cache, read_texts
from backbone.mini.pool import PictureMemory
from backbone.packing import Item, Packed, TextItem, lay_out

__all__ = ["TextMemory"]


class TextMemory:
    """Keep the keys and values of texts at the layers that carry a generation expert.

    Latents of pictures are kept beside them.
    """

    def __init__(self, parts: Parts, limit: int = 8000) -> None:
        self.parts, self.limit = parts, limit
        # an example has a target, a crop and perhaps a source
        self.table = ConceptTable(parts.model.config.trunk.vocab_size, [parts.placeholder()])
        self.pictures = PictureMemory(parts.encode, 3 * limit)
        self.kept: OrderedDict[tuple[int, ...], list[KeyValue]] = OrderedDict()
        self.layers = [
            index
            for index in range(parts.model.config.trunk.num_hidden_layers)
            if parts.model.config.trunk.has_generation(index)
        ]

    def cache(self, packed: Packed, rows: list[list[Item]], table: ConceptTable) -> Cache:
        """Return a cache whose slots are those of the und stream of a laid-out batch."""
        keys = [_key(items) for items in rows]
        missing = [n for n, key in enumerate(keys) if key not in self.kept]
        if missing:
            self._read([rows[n] for n in missing], [keys[n] for n in missing], table)
        width = packed.und_map.tokens
        stacked: dict[int, KeyValue] = {}
        for place, layer in enumerate(self.layers):
            pairs = [self.kept[key][place] for key in keys]
            stacked[layer] = (
                _stack([p[0] for p in pairs], width),
                _stack([p[1] for p in pairs], width),
            )
        for key in keys:
            self.kept.move_to_end(key)
        while len(self.kept) > self.limit:
            self.kept.popitem(last=False)
        return as_cache(self.parts, stacked, width)

    @torch.no_grad()
    def _read(
        self, rows: list[list[Item]], keys: list[tuple[int, ...]], table: ConceptTable
    ) -> None:
        model = self.parts.model
        packed = lay_out([[items] for items in rows], model.tools(table))
        read = read_texts(self.parts, packed, table)
        lengths = (packed.und_map.sample >= 0).sum(1).tolist()
        for row, (key, length) in enumerate(zip(keys, lengths, strict=True)):
            pairs = (read[layer] for layer in self.layers)
            self.kept[key] = [
                (k[row, :, :length].clone(), v[row, :, :length].clone()) for k, v in pairs
            ]


def _key(items: list[Item]) -> tuple[int, ...]:
    """Tell texts apart, and where a source picture moved their positions."""
    key: list[int] = []
    for item in items:
        if isinstance(item, TextItem):
            key += [-1] if item.dropped else item.ids
        else:
            key.append(-2 - int(item.dropped))
    return tuple(key)


def _stack(parts: list[Tensor], width: int) -> Tensor:
    out = parts[0].new_zeros(len(parts), parts[0].shape[0], width, parts[0].shape[2])
    for row, part in enumerate(parts):
        out[row, :, : part.shape[1]] = part
    return out
