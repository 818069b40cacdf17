"""The joint training forward: three losses from one pass (paper eq. 6-9, BAGEL spec §19).

The model is used as it is: what gets gradients is decided by ``requires_grad`` of its weights
and of the concept rows, never by a mode of the module.

Letters: ``N`` latent tokens of the batch, ``n`` predicted ones, ``P`` their numbers, ``V + C``
vocabulary and concepts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from backbone.concepts import ConceptTable, ConceptTokens
from backbone.config import BackboneConfig
from backbone.flow import draw_times, interpolate
from backbone.model import UnifiedModel
from backbone.packing import EDIT, IMAGE, Item, LatentItem, Packed, lay_out
from omni_errors import InputError

__all__ = [
    "JointLoss",
    "LossOptions",
    "Sample",
    "TokenLosses",
    "flow_error",
    "out_of_play",
    "joint_loss",
    "everyone",
    "token_losses",
]


@dataclass(frozen=True)
class Sample:
    """One training example: its items in order, and the concepts in play in it."""

    items: tuple[Item, ...]
    concepts: tuple[ConceptTokens, ...] = ()


@dataclass(frozen=True)
class LossOptions:
    """Weigh the losses (eq. 9) and choose what the backward pass costs."""

    # lambda_image and lambda_edit of eq. 9
    image_weight: float = 1.0
    edit_weight: float = 1.0
    # weight each label by 1 / sqrt(length of its segment)
    reweight_text: bool = False
    # weigh it by 1 / length instead: every answer counts the same
    even_text: bool = False
    # detach all understanding activations
    freeze_und: bool = False
    # recompute layers in the backward pass to save memory
    recompute: bool = False


@dataclass(frozen=True)
class TokenLosses:
    """Hold unreduced losses: ``text [labels]``, ``flow [n, P]`` and the task of each token."""

    text: Tensor
    text_weights: Tensor
    flow: Tensor
    tasks: list[str]


@dataclass(frozen=True)
class JointLoss:
    """Hold the three losses, each a mean over its own tokens, and their weighted sum (eq. 9)."""

    total: Tensor
    text: Tensor
    image: Tensor
    edit: Tensor


def joint_loss(
    model: UnifiedModel,
    rows: Sequence[Sequence[Sample]],
    generator: Generator,
    options: LossOptions | None = None,
) -> JointLoss:
    """Run rows of samples and reduce; a loss without tokens is zero.

    Samples of one row share a sequence without seeing each other; rows are padded to equal
    length, so put samples of like length beside each other.
    """
    options = options or LossOptions()
    losses = token_losses(model, rows, generator, options)
    text = _weighted_mean(losses.text, _label_weights(losses, options))
    image, edit = (_task_mean(losses, task) for task in (IMAGE, EDIT))
    total = text + options.image_weight * image + options.edit_weight * edit
    return JointLoss(total=total, text=text, image=image, edit=edit)


def token_losses(
    model: UnifiedModel,
    rows: Sequence[Sequence[Sample]],
    generator: Generator,
    options: LossOptions | None = None,
) -> TokenLosses:
    """Run rows of samples and return the loss of every label and every noisy latent token."""
    options = options or LossOptions()
    samples = [sample for row in rows for sample in row]
    table = everyone(model, samples)
    packed = lay_out([[s.items for s in row] for row in rows], model.tools(table))
    noise, t = _draws(packed, model.config.timestep_shift, generator)
    data = torch.cat(packed.latent_tokens) if packed.latent_tokens else None
    mixed = None if data is None else interpolate(data, noise, t)
    und, gen = model.embed(packed, table, mixed, t)
    und, gen, _ = model.run(
        und,
        gen,
        model.geometry(packed),
        freeze_und=options.freeze_und,
        recompute=options.recompute,
    )
    pictures = None if data is None or mixed is None else _Pictures(mixed, t, noise - data)
    flow = _flow_loss(model, packed, gen, pictures)
    return TokenLosses(
        text=_text_loss(model, packed, und, table, samples),
        text_weights=packed.label_weights.to(model.device),
        flow=flow,
        tasks=packed.noise_tasks,
    )


def everyone(model: UnifiedModel, samples: Sequence[Sample]) -> ConceptTable:
    """Put all concepts of a batch into one table; ids tell equal names apart."""
    if not samples:
        raise InputError("A batch without samples has no loss.")
    concepts = [concept for sample in samples for concept in sample.concepts]
    for concept in concepts:
        concept.check(model.config)
    return ConceptTable(model.config.trunk.vocab_size, concepts, names_differ=False)


def _draws(packed: Packed, shift: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Give every latent token its noise ``[N, P]`` and time ``[N]``; clean ones have time 0."""
    noises, times = [], []
    for item, tokens in zip(packed.latents, packed.latent_tokens, strict=True):
        noises.append(_noise_of(item, tokens, generator))
        t = _time_of(item, shift, generator)
        times.append(torch.full((len(tokens),), t))
    if not noises:
        return torch.zeros(0), torch.zeros(0)
    return torch.cat(noises), torch.cat(times)


def _noise_of(item: LatentItem, tokens: Tensor, generator: Generator) -> Tensor:
    if item.noise is not None:
        return item.noise
    if not item.noisy:
        return torch.zeros_like(tokens)
    return torch.randn(tokens.shape, generator=generator).to(tokens)


def _time_of(item: LatentItem, shift: float, generator: Generator) -> float:
    if not item.noisy:
        return 0.0
    return item.t if item.t is not None else draw_times(1, shift, generator).item()


def _text_loss(
    model: UnifiedModel,
    packed: Packed,
    hidden: Tensor | None,
    table: ConceptTable,
    samples: Sequence[Sample],
) -> Tensor:
    if not packed.labels or hidden is None:
        return torch.zeros(0, device=model.device)
    # Only labelled positions meet the vocabulary, which costs more than a layer.
    picked = hidden.flatten(0, 1)[packed.label_slots.to(model.device)]
    logits = model.logits(picked, table).float()
    if table.concepts:
        logits = logits.masked_fill(out_of_play(packed, table, samples, logits), float("-inf"))
    labels = torch.tensor([table.column(label) for label in packed.labels], device=model.device)
    return F.cross_entropy(logits, labels, reduction="none")


def out_of_play(
    packed: Packed, table: ConceptTable, samples: Sequence[Sample], logits: Tensor
) -> Tensor:
    """Mark the names a sample does not know, so that it trains as it would run alone."""
    known = [{c.first for c in samples[i].concepts} for i in packed.label_samples]
    absent = [[c.first not in ids for c in table.concepts] for ids in known]
    mask = torch.zeros(logits.shape, dtype=torch.bool, device=logits.device)
    mask[:, table.vocab_size :] = torch.tensor(absent, device=logits.device)
    return mask


class _Pictures(NamedTuple):
    """All latent tokens of a batch: mixed with noise, their times, their true velocities."""

    mixed: Tensor
    t: Tensor
    velocity: Tensor


def _flow_loss(
    model: UnifiedModel, packed: Packed, hidden: Tensor | None, pictures: _Pictures | None
) -> Tensor:
    if not packed.noise_tasks or hidden is None or pictures is None:
        # a model that only understands has no latents, and knows no width of theirs
        width = 0 if model.config.autoencoder is None else model.config.patch_latent_dim
        return torch.zeros(0, width, device=model.device)
    picked = hidden.flatten(0, 1)[packed.noise_slots.to(model.device)]
    mixed, t, target = (part[packed.noisy].to(model.device) for part in pictures)
    return flow_error(model.config, model.velocity(picked, mixed, t), target, t)


def flow_error(config: BackboneConfig, velocity: Tensor, target: Tensor, t: Tensor) -> Tensor:
    """Return squared errors ``[n, P]`` of velocities at times ``[n]`` (eq. 7 and 8).

    A head that predicts the data errs by ``t`` times its velocity's error; its squares are
    weighed by ``t``, half way between the two.
    """
    error = (velocity - target).square()
    return error if config.prediction == "velocity" else error * t[:, None]


def _weighted_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    if not len(values):
        return values.sum()
    return values.mean() if weights is None else (values * weights).sum() / weights.sum()


def _label_weights(losses: TokenLosses, options: LossOptions) -> Tensor | None:
    if options.even_text:
        return losses.text_weights.square()
    return losses.text_weights if options.reweight_text else None


def _task_mean(losses: TokenLosses, task: str) -> Tensor:
    chosen = torch.tensor([t == task for t in losses.tasks], dtype=torch.bool)
    picked = losses.flow[chosen.to(losses.flow.device)]
    return picked.mean() if len(picked) else picked.sum()
