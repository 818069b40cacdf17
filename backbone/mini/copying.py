"""A first guess at how to copy: heads through which a picture's tokens take what lies there.

Left to chance, a token took from its row the colour of its surroundings and no more: each row
stands for 2 × 2 tokens, and telling them apart was never learned (docs/log.md). Two layers in
front of the others begin by doing nothing else. Their queries and keys know only where they are:
one head for each quarter of a row takes that quarter to the token it belongs to, two more take a
source picture's token to the token in its place, and a head that finds nothing where it looks
shares its attention among all latents, whose mean says little. What is taken lies in directions
that nothing else uses. Training goes on from there.

Letters: ``Dg`` the expert's width, ``P`` numbers of a latent token, ``n`` crops or examples.
"""

from dataclasses import dataclass
from math import cos, sin

import torch
from torch import Tensor, nn

from backbone.latents import latents_to_tokens
from backbone.mini.assembly import Parts
from backbone.mini.row_encoder import LENGTH, PATCH
from omni_errors import InputError

__all__ = ["Frame", "find_frame", "hold", "start_copying"]

# the layers, of those with a generation expert
ROWS, LAST = 0, 1
# numbers of a quarter of a row: components of its latents, then the shares of the subject
QUARTER, _COMPONENTS = 64, 60
# rotary pairs that tell places apart: the two fastest of rows and of columns; and one that turns
# so slowly that places do not matter, for what is looked at in vain
_PAIRS, _SLOW, _HALF = ((0, 1.0), (1, 100 ** (-1 / 16)), (16, 1.0), (17, 100 ** (-1 / 16))), 15, 32
# of the score of what lies where a head looks, what everything else has; between that and the
# score of what lies one token aside, 0.82
_IN_VAIN = 0.91
# sizes of the norms of queries and keys: keys of a text are not normed, and must not be heard
_QUERY, _KEY = 2.0, 12.5
# half the distance between tokens, by which a row's middle is off its quarters'
_OFF = 0.5
# how long what is copied is, beside what it is copied from; and the marks of latents
_COPIED, _MARK = 2.0, 12.0
# of a time embedder's hidden unit that knows a source by its time, 0: height and steepness
_HEIGHT, _STEEP = 8.0, 160.0
# share of times' and places' variance that may be left in other directions
_LEFT = 1e-4


@dataclass(frozen=True)
class Frame:
    """Hold orthonormal directions ``[k, Dg]``, each used for one thing by a picture's tokens.

    ``latent`` is where tokens read their latents, ``copied`` what rows say and ``source`` what a
    source says; ``rest`` has room. ``marks`` tell a latent, and a source, and ``steady`` a row.
    """

    latent: Tensor
    copied: Tensor
    source: Tensor
    rest: Tensor
    marks: Tensor
    steady: Tensor

    def quarters(self) -> Tensor:
        """Return where rows keep their quarters ``[4, 64, Dg]``.

        What tokens are copied first lies where rows have nothing left to be copied, and the last
        quarter where nothing was copied yet.
        """
        kept = torch.cat([self.copied, self.source, self.rest, self.latent[:QUARTER]])
        return kept.view(4, QUARTER, -1)


@torch.no_grad()
def find_frame(parts: Parts) -> Frame:
    """Find the directions of a model with a trained map of latents.

    Raises:
        InputError: if the generation expert is too narrow.
    """
    model = parts.model
    size = model.config.patch_latent_dim
    times = model.time_embedder(torch.linspace(0, 1, 101)).float()
    side = model.config.default_image_size[0] // (8 * model.config.latent_patch_size)
    places = model.latent_pos_embed.pos_embed[model.latent_ids(side, side)].float()
    means = torch.stack([times.mean(0), model.vae2llm.bias.float()])
    fixed = torch.cat([_span(times - times.mean(0)), _span(places), means])
    basis, _ = torch.linalg.qr(fixed.T)
    weight = model.vae2llm.weight.float()
    left, _, _ = torch.linalg.svd(weight - basis @ (basis.T @ weight), full_matrices=False)
    # those that hardly differ from token to token first
    latent = left.flip(1).T
    whole, _, _ = torch.linalg.svd(torch.cat([basis, left], dim=1), full_matrices=True)
    spare = whole[:, len(fixed) + size :].T
    ends = (QUARTER, QUARTER + size, 3 * QUARTER, 3 * QUARTER + 2)
    if len(spare) <= ends[-1] or size < QUARTER:
        raise InputError(f"{model.config.name} is too narrow to copy.")
    copied, source, rest, marks = (spare[a:b] for a, b in zip((0, *ends[:-1]), ends, strict=True))
    return Frame(latent, copied, source, rest, marks, spare[ends[-1]])


def _span(states: Tensor) -> Tensor:
    """Return the main directions of states ``[n, Dg]``, but for very little."""
    _, sizes, directions = torch.linalg.svd(states, full_matrices=False)
    share = sizes.square() / sizes.square().sum()
    kept: Tensor = directions[share > _LEFT]
    return kept


@torch.no_grad()
def start_copying(parts: Parts, latents: Tensor, masks: Tensor) -> Frame:
    """Start rows, time and heads, from crops' ``latents [n, z, 16, 16]`` and ``[n, 1, 16, 16]``."""
    frame = find_frame(parts)
    _start_rows(parts, frame, latents, masks)
    _start_time(parts.model.time_embedder.mlp, frame)
    layers = _layers(parts)
    # root mean square of a row
    size = LENGTH / parts.model.config.gen_width**0.5
    quarters, corners = frame.quarters(), ((-1, -1), (-1, 1), (1, -1), (1, 1))
    for layer in layers:
        _quiet(layer)
    for number, (down, across) in enumerate(corners):
        layer, head = (layers[0], number) if number < 3 else (layers[1], 0)
        _look(layer, head, frame, (-down * _OFF, -across * _OFF), of_source=False)
        _take(layer, head, quarters[number], frame.copied, (size * _COPIED) ** 0.5)
    for head, part in ((1, slice(0, QUARTER)), (2, slice(QUARTER, None))):
        _look(layers[1], head, frame, (0.0, 0.0), of_source=True)
        _take(layers[1], head, frame.latent[part], frame.source[part], _COPIED**0.5)
    return frame


def _layers(parts: Parts) -> list[nn.Module]:
    trunk = parts.model.config.trunk
    found = [n for n in range(trunk.num_hidden_layers) if trunk.has_generation(n)]
    return [parts.model.language_model.model.layers[found[at]] for at in (ROWS, LAST)]


def hold(parts: Parts) -> None:
    """Leave out of training where the heads look, and what they look at.

    Such sharp attention has hardly a gradient, and optimisers that make all steps one size would
    make steps of noise.
    """
    model = parts.model
    held = [*model.vae2llm.parameters(), *model.time_embedder.parameters(), parts.rows.steady]
    for layer in _layers(parts):
        held += layer.get_submodule("input_layernorm_moe_gen").parameters()
        for name in ("q_proj", "k_proj", "q_norm", "k_norm"):
            held += layer.get_submodule(f"self_attn.{name}_moe_gen").parameters()
    for parameter in held:
        parameter.requires_grad_(False)  # noqa: FBT003


def _start_rows(parts: Parts, frame: Frame, latents: Tensor, masks: Tensor) -> None:
    """Let every quarter of a row carry the main components of its latents, and its shares."""
    rows, z = parts.rows, latents.shape[1]
    shares = masks.flatten()
    rows.mean.copy_((latents * masks).sum((0, 2, 3)) / shares.sum())
    kept = (latents - rows.mean[:, None, None]) * masks
    tokens = latents_to_tokens(kept, PATCH // 2).flatten(0, 1)
    _, _, components = torch.linalg.svd(tokens[tokens.abs().sum(1) > 0], full_matrices=False)
    small = PATCH // 2
    read = torch.zeros(PATCH, PATCH, z + 1, rows.read.out_features)
    for number, quarter in enumerate(frame.quarters()):
        down, across = (slice(small * n, small * n + small) for n in divmod(number, 2))
        mapped = (components[:_COMPONENTS].T @ quarter[:_COMPONENTS]).view(small, small, z, -1)
        read[down, across, :z] = mapped
        read[down, across, z] = quarter[_COMPONENTS:].view(small, small, -1)
    rows.read.weight.copy_(read.flatten(0, 2).T)
    rows.steady.copy_(frame.steady)


def _start_time(mlp: nn.Sequential, frame: Frame) -> None:
    """Mark all latents, and by a hidden unit of least weight those at time 0."""
    first, last = mlp[0], mlp[2]
    if not isinstance(first, nn.Linear) or not isinstance(last, nn.Linear):
        raise TypeError("a time embedder has two linear layers")
    unit = int(last.weight.norm(dim=0).argmin())
    first.weight[unit] = 0
    # the slowest sine is that of the time itself
    first.weight[unit, first.in_features // 2] = -_STEEP
    first.bias[unit] = _HEIGHT
    last.weight[:, unit] = _MARK / _HEIGHT * frame.marks[1]
    last.bias.add_(_MARK * frame.marks[0])


def _quiet(layer: nn.Module) -> None:
    """Let a layer begin by doing nothing."""
    for name in "qkvo":
        _weight(layer, f"{name}_proj").zero_()
    layer.get_parameter("mlp_moe_gen.down_proj.weight").zero_()
    _weight(layer, "q_norm").fill_(_QUERY)
    _weight(layer, "k_norm").fill_(_KEY)


def _weight(layer: nn.Module, name: str) -> Tensor:
    """Return a weight of the generation expert's attention."""
    return layer.get_parameter(f"self_attn.{name}_moe_gen.weight")


def _look(
    layer: nn.Module, head: int, frame: Frame, off: tuple[float, float], *, of_source: bool
) -> None:
    """Let the first query head of a key/value head look so many tokens down and across.

    Keys that fit are those of rows, or of a source; latents have the one that is found in vain.
    """
    query, key = _weight(layer, "q_proj"), _weight(layer, "k_proj")
    latent, source = frame.marks
    size = 2 * _HALF
    first = head * (len(query) * size // len(key))
    rows_q, rows_k = query[first : first + size], key[head * size :][:size]
    fits = source if of_source else frame.steady
    # with both norms equal: 4 pairs of a key that fits, one of a key that does not
    vain = 2 * _IN_VAIN
    for at, frequency in _PAIRS:
        angle = frequency * off[0 if at < _HALF // 2 else 1]
        rows_q[at], rows_q[at + _HALF] = cos(angle) * latent, sin(angle) * latent
        # a row looks at itself
        rows_q[at].add_(frame.steady)
        rows_k[at] = fits
    rows_q[_SLOW] = vain * latent
    rows_k[_SLOW] = latent - source if of_source else latent


def _take(layer: nn.Module, head: int, given: Tensor, written: Tensor, gain: float) -> None:
    """Let a head take what lies along ``given [k, Dg]`` to where it lies along ``written``."""
    value, out = _weight(layer, "v_proj"), _weight(layer, "o_proj")
    size = 2 * _HALF
    value[head * size : head * size + len(given)] = gain * given
    column = head * (out.shape[1] * size // len(value))
    out[:, column : column + len(given)] = gain * written[: len(given)].T
