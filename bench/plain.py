"""The plainest correct versions of the four passes, to measure the real ones against.

No cache: the whole sequence runs again for every token and every flow step. One mask of booleans
over everything, the library's attention with repeated heads left to it, and the vocabulary
projected at every position. They use the same weights and give the same numbers.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from backbone.concepts import ConceptTable
from backbone.latents import latents_to_tokens
from backbone.model import UnifiedModel
from backbone.packing import Item, LatentItem, lay_out
from backbone.training import Sample, joint_loss

__all__ = ["plain_attention", "plain_logits", "plain_training", "plain_velocity"]


def _attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    mask = None if bias is None else (bias == 0)[:, None]
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    return out.transpose(1, 2).flatten(2)


@contextmanager
def plain_attention() -> Iterator[None]:
    """Run every attention of the block with boolean masks and no folding."""
    with patch("backbone.decoder.attend", _attend):
        yield


def _hidden(
    model: UnifiedModel, items: Sequence[Item], t: float = 0.0
) -> tuple[Tensor | None, Tensor | None]:
    table = ConceptTable(model.config.trunk.vocab_size)
    packed = lay_out([[tuple(items)]], model.tools(table))
    tokens = torch.cat(packed.latent_tokens) if packed.latent_tokens else None
    times = None if tokens is None else torch.full((len(tokens),), t)
    und, gen = model.embed(packed, table, tokens, times)
    with plain_attention():
        und, gen, _ = model.run(und, gen, model.geometry(packed))
    return und, gen


@torch.no_grad()
def plain_logits(model: UnifiedModel, items: Sequence[Item]) -> Tensor:
    """Return the logits ``[T, V]`` of every position of a whole sequence."""
    und, _ = _hidden(model, items)
    if und is None:
        raise ValueError("a sequence has understanding tokens")
    return model.language_model.logits(und[0])


@torch.no_grad()
def plain_velocity(
    model: UnifiedModel, items: Sequence[Item], noisy: LatentItem, t: float
) -> Tensor:
    """Return the velocity ``[n, P]`` of a noisy latent after items, all run together."""
    _, gen = _hidden(model, [*items, noisy], t)
    if gen is None:
        raise ValueError("a noisy latent has tokens")
    x = latents_to_tokens(noisy.latent[None], model.config.latent_patch_size)
    return model.velocity(gen, x, torch.full(gen.shape[:2], t))[0]


def plain_training(
    model: UnifiedModel, rows: Sequence[Sequence[Sample]], generator: Generator
) -> Tensor:
    """Return the joint loss of samples packed in one sequence, every position projected."""
    everything = [sample for row in rows for sample in row]

    def project_all(hidden: Tensor, table: ConceptTable) -> Tensor:
        # What the release avoids and a first version does: all positions meet the vocabulary.
        count = sum(len(getattr(i, "ids", ())) + 2 for s in everything for i in s.items)
        padding = hidden.new_zeros(max(count - len(hidden), 0), hidden.shape[1])
        logits = model.language_model.logits(torch.cat([hidden, padding]))[: len(hidden)]
        return logits if not table.concepts else _with_names(logits, hidden, table)

    with plain_attention(), patch.object(model, "logits", project_all):
        return joint_loss(model, [everything], generator).total


def _with_names(logits: Tensor, hidden: Tensor, table: ConceptTable) -> Tensor:
    return torch.cat([logits, hidden @ table.out_rows().to(hidden).T], dim=-1)
