"""A first guess at how to copy: heads through which a picture's tokens take what lies there.

Left to chance, a token took from its row the colour of its surroundings and no more: each row
stands for 2 × 2 tokens, and telling them apart was never learned (docs/log.md). Two layers in
front of the others begin by doing nothing else. Their queries and keys know only where they are:
one head for each quarter of a row takes that quarter to the token it belongs to, two more take a
source picture's token to the token in its place, and a head that finds nothing where it looks
shares its attention among all latents, whose mean others take back. Where there is a source, rows
are not copied: an edit begins from the source.

What is copied lies in a lane of its own, directions that nothing else is written to, up to the
head that reads pictures, which takes it as it is. What training adds is what differs from it. So
the first of the two layers does nothing but copying, ever: the second finds rows as they were.

Letters: ``Dg`` the expert's width, ``P`` numbers of a latent token, ``n`` crops or examples.
"""

from dataclasses import dataclass
from math import cos, sin

import torch
from torch import Tensor, nn

from backbone.device import mixed
from backbone.latents import latents_to_tokens
from backbone.mini.assembly import Parts
from backbone.mini.row_encoder import LENGTH, PATCH
from omni_errors import InputError

__all__ = [
    "Copying",
    "Frame",
    "find_frame",
    "generating",
    "hold",
    "read_less",
    "start_copying",
    "written_by",
]

# the layers, of those with a generation expert
ROWS, LAST = 0, 1
# numbers of a quarter of a row: components of its latents, then the shares of the subject
QUARTER, _COMPONENTS = 64, 60
# rotary pairs that tell places apart: the two fastest of rows and of columns; and one that turns
# so slowly that places do not matter, for what is looked at in vain
_PAIRS, _SLOW, _HALF = ((0, 1.0), (1, 100 ** (-1 / 16)), (16, 1.0), (17, 100 ** (-1 / 16))), 15, 32
# another slow pair, by which heads that would copy rows look at a source instead, and how much
# of a query and of a source's key it is; the same of heads that take back
_INSTEAD, _DRAWN, _DRAWS, _BACK = 31, 2.0, 3.0, 3.0
# where keys have what no query asks for
_ASIDE = _SLOW + _HALF
# of the score of what lies where a head looks, what everything else has; between that and the
# score of what lies one token aside, 0.82
_IN_VAIN = 0.91
# the same for a source, whose keys are drawn to by others as well
_NOT_A_SOURCE = 0.815
# sizes of the norms of queries and keys: keys of a text are not normed, and must not be heard
_QUERY, _KEY = 2.5, 12.5
# half the distance between tokens, by which a row's middle is off its quarters'
_OFF = 0.5
# how long what is copied is, beside what it is copied from: rows outlast layers that round to
# bfloat16; and how long the marks of latents are
_COPIED, _FROM_SOURCE, _MARK = 8.0, 2.0, 12.0
# of a time embedder's hidden unit that knows a source by its time, 0: height and steepness
_HEIGHT, _STEEP = 8.0, 160.0
# share of times' and places' variance that may be left in other directions
_LEFT = 1e-4


@dataclass(frozen=True)
class Frame:
    """Hold orthonormal directions ``[k, Dg]``, each used for one thing.

    ``latent`` is where tokens read their latents, ``quarters [4, 64, Dg]`` where rows keep theirs;
    the last lies where rows have no latents. ``marks`` tell a latent, and a source; ``steady`` a
    row.
    """

    latent: Tensor
    quarters: Tensor
    marks: Tensor
    steady: Tensor

    def source(self) -> Tensor:
        """Return where tokens keep what a source says, which rows use for quarters of theirs."""
        return self.quarters[1:3].flatten(0, 1)[: len(self.latent)]


@dataclass(frozen=True)
class Copying:
    """Where is copied, and of what: components ``[P, P]`` of latent tokens, ``gain`` times."""

    frame: Frame
    components: Tensor
    gain: float = _COPIED

    def main(self) -> Tensor:
        """Return the components rows have room for ``[60, P]``."""
        return self.components[:_COMPONENTS]


@torch.no_grad()
def find_frame(parts: Parts) -> Frame:
    """Find the directions of a model with a trained map of latents.

    Raises:
        InputError: if the generation expert is too narrow.
    """
    latent, spare = _spaces(parts)
    needed = 3 * QUARTER
    if len(spare) < needed + 3 or len(latent) < QUARTER:
        raise InputError(f"{parts.model.config.name} is too narrow to copy.")
    quarters = torch.cat([spare[:needed], latent[:QUARTER]]).view(4, QUARTER, -1)
    return Frame(latent, quarters, spare[needed : needed + 2], spare[needed + 2])


def _spaces(parts: Parts) -> tuple[Tensor, Tensor]:
    """Return where latents are read ``[P, Dg]``, and what directions are left ``[k, Dg]``."""
    fixed = _fixed(parts)
    if _begun(parts):
        fixed = torch.cat([fixed, nn.functional.normalize(parts.rows.steady[None], dim=-1)])
    basis, _ = torch.linalg.qr(fixed.T)
    weight = parts.model.vae2llm.weight.float()
    left, _, _ = torch.linalg.svd(weight - basis @ (basis.T @ weight), full_matrices=False)
    whole, _, _ = torch.linalg.svd(torch.cat([basis, left], dim=1), full_matrices=True)
    # those that hardly differ from token to token first
    return left.flip(1).T, whole[:, len(fixed) + left.shape[1] :].T


def _begun(parts: Parts) -> bool:
    return bool(parts.rows.steady.any())


def _fixed(parts: Parts) -> Tensor:
    """Return directions of times, places and means ``[k, Dg]``, which are left alone."""
    model = parts.model
    times = model.time_embedder(torch.linspace(0, 1, 101)).float()
    side = model.config.default_image_size[0] // (8 * model.config.latent_patch_size)
    places = model.latent_pos_embed.pos_embed[model.latent_ids(side, side)].float()
    means = torch.stack([times.mean(0), model.vae2llm.bias.float()])
    return torch.cat([_span(times - times.mean(0)), _span(places), means])


def _marks(parts: Parts) -> Tensor:
    """Read the marks of latents and of sources off heads that look for them ``[2, Dg]``."""
    first, last = _layers(parts)
    latent = _weight(first, "k_proj")[_SLOW]
    source = _weight(last, "k_proj")[2 * _HALF + _PAIRS[0][0]]
    return nn.functional.normalize(torch.stack([latent, source]).float(), dim=-1)


def _span(states: Tensor) -> Tensor:
    """Return the main directions of states ``[n, Dg]``, but for very little."""
    _, sizes, directions = torch.linalg.svd(states, full_matrices=False)
    share = sizes.square() / sizes.square().sum()
    kept: Tensor = directions[share > _LEFT]
    return kept


@torch.no_grad()
def start_copying(parts: Parts, latents: Tensor, masks: Tensor) -> Copying:
    """Start rows, time and heads, from crops' ``latents [n, z, 16, 16]`` and ``[n, 1, 16, 16]``.

    A model that copies already keeps what else its layers do, but for what they write to the lane.
    """
    begun, shares = _begun(parts), masks.flatten()
    mean = (latents * masks).sum((0, 2, 3)) / shares.sum()
    kept = (latents - mean[:, None, None]) * masks
    tokens = latents_to_tokens(kept, PATCH // 2).flatten(0, 1)
    _, _, components = torch.linalg.svd(tokens[tokens.abs().sum(1) > 0], full_matrices=True)
    frame = _found_again(parts, components) if begun else find_frame(parts)
    copying = Copying(frame, components)
    parts.rows.mean.copy_(mean)
    _start_rows(parts, copying)
    if not begun:
        _start_time(parts.model.time_embedder.mlp, frame)
    if begun:
        read_less(parts, frame.quarters[0], _gain(parts) / copying.gain)
    for layer in _layers(parts)[: 1 if begun else 2]:
        _quiet(layer)
    _start_heads(parts, copying)
    if not begun:
        _start_source(parts, copying)
    _lead(parts, copying, latents)
    return copying


def _gain(parts: Parts) -> float:
    """Return how many times what rows say a model copies to the lane."""
    first, side = _layers(parts)[0], 2 * _HALF
    given = _weight(first, "v_proj")[:side].norm(dim=1)
    written = _weight(first, "o_proj")[:, :side].norm(dim=0)
    return float((given * written).mean()) / _row_size(parts)


def read_less(parts: Parts, lane: Tensor, share: float) -> None:
    """Let layers read the lane by a ``share`` of what they did, since more is copied there."""
    readers = {
        "input_layernorm": [f"self_attn.{name}_proj_moe_gen" for name in "qkv"],
        "post_attention_layernorm": [f"mlp_moe_gen.{name}_proj" for name in ("gate", "up")],
    }
    for layer in generating(parts)[LAST:]:
        for norm, names in readers.items():
            scale = layer.get_parameter(f"{norm}_moe_gen.weight")
            for weight in (layer.get_parameter(f"{name}.weight") for name in names):
                read = (weight * scale) @ lane.T
                weight.sub_((1 - share) * read @ lane / scale)


def _found_again(parts: Parts, components: Tensor) -> Frame:
    """Find the directions of a model that copies already: those its rows agree with best."""
    small, (latent, spare) = PATCH // 2, _spaces(parts)
    steady = nn.functional.normalize(parts.rows.steady, dim=0)
    read = parts.rows.read.weight.float().T.view(PATCH, PATCH, -1, len(steady))
    wanted = []
    for number in range(4):
        down, across = (slice(small * n, small * n + small) for n in divmod(number, 2))
        part = read[down, across]
        latents = components[:_COMPONENTS] @ part[:, :, :-1].reshape(len(components), -1)
        wanted.append(torch.cat([latents, part[:, :, -1].reshape(small**2, -1)]))
    three = _nearest(torch.cat(wanted[:3]), spare)
    last = _nearest(wanted[3], latent[:QUARTER])
    return Frame(latent, torch.cat([three, last]).view(4, QUARTER, -1), _marks(parts), steady)


def _nearest(wanted: Tensor, within: Tensor) -> Tensor:
    """Return the orthonormal rows ``[k, Dg]`` nearest to others, in the space some span."""
    left, _, right = torch.linalg.svd(wanted @ within.T @ within, full_matrices=False)
    found: Tensor = left @ right
    return found


def _start_heads(parts: Parts, copying: Copying) -> None:
    frame, layers = copying.frame, _layers(parts)
    for layer in layers:
        _weight(layer, "q_norm").fill_(_QUERY)
        _weight(layer, "k_norm").fill_(_KEY)
    size = _row_size(parts)
    corners = ((-1, -1), (-1, 1), (1, -1), (1, 1))
    for number, (down, across) in enumerate(corners):
        layer, head = (layers[0], number) if number < 3 else (layers[1], 0)
        _look(layer, head, frame, (-down * _OFF, -across * _OFF), of_source=False)
        _take(layer, head, frame.quarters[number], frame.quarters[0], copying.gain * size)
        _take_back(layer, head, frame.steady)


def _take_back(layer: nn.Module, head: int, steady: Tensor) -> None:
    """Let the second query head always look in vain, and take back what is found in vain.

    The last quarter lies where latents do, so that their mean says something. Rows, which see
    nothing but texts and rows, look at themselves, and this is taken back as well.
    """
    query, out = _weight(layer, "q_proj"), _weight(layer, "o_proj")
    size = 2 * _HALF
    first, second = (slice(n * size, n * size + size) for n in (2 * head, 2 * head + 1))
    query[second] = 0
    for at in (_SLOW, _INSTEAD):
        query[second][at] = query[first][at]
    for at, _ in _PAIRS:
        query[second][at] = steady
    out[:, second] = -out[:, first]


def _start_source(parts: Parts, copying: Copying) -> None:
    frame, layer = copying.frame, _layers(parts)[1]
    for head, part in ((1, slice(0, QUARTER)), (2, slice(QUARTER, None))):
        _take(layer, head, frame.latent[part], frame.source()[part], _FROM_SOURCE)


def _lead(parts: Parts, copying: Copying, latents: Tensor) -> None:
    """Let what is taken of a source go to the lane as well, less its mean."""
    frame, layer, side = copying.frame, _layers(parts)[1], 2 * _HALF
    query, out = _weight(layer, "q_proj"), _weight(layer, "o_proj")
    lane = frame.quarters[0][:_COMPONENTS]
    # of a token nothing but its latents: places and times would be taken for fine components
    taken = _weight(layer, "v_proj")[side : side + len(frame.latent)]
    taken.copy_(taken @ frame.latent.T @ frame.latent)
    # a component of what heads take of a token
    read, size = _reading(parts, copying, latents)
    read = copying.gain * size * read @ torch.linalg.inv(taken @ frame.latent.T)
    for head, part in ((1, slice(0, QUARTER)), (2, slice(QUARTER, None))):
        _look(layer, head, frame, (0.0, 0.0), of_source=True)
        first = head * 2 * side
        query[first + side : first + 2 * side] = 0
        query[first + side + _SLOW] = frame.marks[0]
        query[first + side + _ASIDE] = frame.steady
        query[first + side + _INSTEAD] = _BACK * frame.marks[0]
        written = lane.T @ read[:, part]
        for column, sign in ((first, 1), (first + side, -1)):
            columns = out[:, column : column + written.shape[1]]
            columns.add_(sign * written - lane.T @ (lane @ columns))


def _reading(parts: Parts, copying: Copying, latents: Tensor) -> tuple[Tensor, float]:
    """Find components by where tokens read their latents ``[60, P]``, and a source's usual size."""
    model = parts.model
    inside = torch.linalg.inv(copying.frame.latent @ model.vae2llm.weight.float())
    tokens = latents_to_tokens(latents, model.config.latent_patch_size)
    side = latents.shape[-1] // model.config.latent_patch_size
    ids = model.latent_ids(side, side).repeat(len(tokens))
    flat = tokens.flatten(0, 1)
    with mixed():
        states = model.embed_latents(flat, torch.zeros(len(flat)), ids).float()
    return copying.main() @ inside, float(states.square().mean(-1).sqrt().mean())


def _layers(parts: Parts) -> list[nn.Module]:
    every = generating(parts)
    return [every[at] for at in (ROWS, LAST)]


def generating(parts: Parts) -> list[nn.Module]:
    """Return the layers that have a generation expert."""
    trunk = parts.model.config.trunk
    found = [n for n in range(trunk.num_hidden_layers) if trunk.has_generation(n)]
    return [parts.model.language_model.model.layers[n] for n in found]


def _row_size(parts: Parts) -> float:
    """Return the root mean square of a row."""
    width: int = parts.model.config.gen_width
    return float(LENGTH / width**0.5)


def hold(parts: Parts) -> None:
    """Leave out of training what copies.

    Such sharp attention has hardly a gradient, and optimisers that make all steps one size would
    make steps of noise.
    """
    model = parts.model
    held = [*model.vae2llm.parameters(), *model.time_embedder.parameters()]
    held += [*parts.rows.parameters(), *model.language_model.model.norm_moe_gen.parameters()]
    first, last = _layers(parts)
    held += [p for name, p in first.named_parameters() if "_moe_gen" in name]
    held += last.get_submodule("input_layernorm_moe_gen").parameters()
    for name in ("q_proj", "k_proj", "v_proj", "q_norm", "k_norm"):
        held += last.get_submodule(f"self_attn.{name}_moe_gen").parameters()
    for parameter in held:
        parameter.requires_grad_(False)  # noqa: FBT003


def written_by(parts: Parts, lane: Tensor) -> tuple[str, Tensor]:
    """Name the weight that writes to the lane in the second layer; return what it writes there."""
    trunk = parts.model.config.trunk
    numbers = [n for n in range(trunk.num_hidden_layers) if trunk.has_generation(n)]
    name = f"language_model.model.layers.{numbers[LAST]}.self_attn.o_proj_moe_gen.weight"
    return name, lane @ parts.model.get_parameter(name).detach()


def _start_rows(parts: Parts, copying: Copying) -> None:
    """Let every quarter of a row carry the main components of its latents, and its shares."""
    rows, small = parts.rows, PATCH // 2
    z = len(rows.mean)
    read = torch.zeros(PATCH, PATCH, z + 1, rows.read.out_features)
    for number, quarter in enumerate(copying.frame.quarters):
        down, across = (slice(small * n, small * n + small) for n in divmod(number, 2))
        main = copying.main()
        mapped = (main.T @ quarter[:_COMPONENTS]).view(small, small, z, -1)
        read[down, across, :z] = mapped
        read[down, across, z] = quarter[_COMPONENTS:].view(small, small, -1)
    rows.read.weight.copy_(read.flatten(0, 2).T)
    rows.steady.copy_(copying.frame.steady)


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
    rows_q.zero_()
    rows_k.zero_()
    # with both norms equal: 4 pairs of a key that fits, one of a key that does not
    vain = 2 * (_NOT_A_SOURCE if of_source else _IN_VAIN)
    for at, frequency in _PAIRS:
        angle = frequency * off[0 if at < _HALF // 2 else 1]
        rows_q[at], rows_q[at + _HALF] = cos(angle) * latent, sin(angle) * latent
        rows_k[at] = source if of_source else frame.steady
        if not of_source:
            # a row looks at itself
            rows_q[at].add_(frame.steady)
    rows_q[_SLOW] = vain * latent
    rows_k[_SLOW] = latent - source if of_source else latent
    rows_k[_INSTEAD] = source if of_source else _DRAWS * source
    if of_source:
        # rows have no part in this, but a key of nothing would be blown up by its norm
        rows_q[_ASIDE], rows_k[_ASIDE] = frame.steady, frame.steady
    else:
        rows_q[_INSTEAD] = _DRAWN * latent


def _take(layer: nn.Module, head: int, given: Tensor, written: Tensor, gain: float) -> None:
    """Let a head take what lies along ``given [k, Dg]`` to where it lies along ``written``."""
    value, out = _weight(layer, "v_proj"), _weight(layer, "o_proj")
    size = 2 * _HALF
    value[head * size : head * size + len(given)] = gain**0.5 * given
    column = head * (out.shape[1] * size // len(value))
    out[:, column : column + size] = 0
    out[:, column : column + len(given)] = gain**0.5 * written[: len(given)].T
