"""Stage 2 of the recipe: the generation expert and the rows that tell it what to draw.

Every example shows a subject once (a masked crop writes its rows) and asks for it in another
scene, or for an exact edit of a scene it is in. The language model stays as it is; since it
never sees generation tokens, its keys and values for a text are computed once and kept.
Run ``python -m backbone.mini.generation --steps N``; it stops and goes on at will.
"""

import argparse
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import default_rng
from safetensors.torch import load_file
from torch import Generator, Tensor, nn

from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.decoder import Cache, KeyValue
from backbone.flow import draw_times, interpolate
from backbone.mini.assembly import Parts, open_parts, shares
from backbone.mini.captions import caption
from backbone.mini.copying import Copying, hold, start_copying
from backbone.mini.edits import EDITS, edit
from backbone.mini.pixels import Bytes
from backbone.mini.pool import PictureMemory, Pool
from backbone.mini.portraits import as_shown, portrait
from backbone.mini.readout import Lane, load_lane, open_lane, start_readout, unsteady
from backbone.mini.row_encoder import CROP
from backbone.mini.scene import Scene, render
from backbone.mini.stage import Schedule, Stage
from backbone.mini.views import View, frame, subject_views
from backbone.mini.words import choose
from backbone.mini.world import World
from backbone.packing import EDIT, IMAGE, Item, LatentItem, Packed, TextItem, lay_out
from backbone.training import flow_error

__all__ = ["Example", "TextMemory", "begin", "examples", "flow_losses", "main"]

_SEED = 2
_EDITS = 0.35
# odds of the kinds of edits; each kind that is not named has 1
_ODDS = {"remove": 4, "background": 2, "add": 3, "recolour": 2}
# share of drawings in a place with a name, and of drawings as the subject was shown
_PLACED, _PORTRAITS = 0.9, 0.85
# share of subjects that are shown in clear daylight
_PLAIN = 0.85
# crops whose components rows begin with; examples the head is fitted to, so many at a time
_SHOWN, _READ, _AT_ONCE = 200, 800, 40
LANE = "lane.safetensors"
# of unsteady sizes, beside the other losses; a spread below which details are noise
_STEADY, _FINEST = 0.2, 0.05


@dataclass(frozen=True)
class Example:
    """What is shown, asked and wanted: pictures [S, S, 3], a crop [s, s, 3] and its mask [s, s]."""

    text: str
    target: Bytes
    crop: Bytes
    mask: Bytes
    source: Bytes | None = None
    dropped: bool = False


def examples(world: World, step: int, count: int) -> list[Example]:
    """Make examples of which the first share are edits; the same ones whenever asked for."""
    return [_example(world, step, number, number < count * _EDITS) for number in range(count)]


def _example(world: World, step: int, number: int, editing: bool) -> Example:
    rng = default_rng([_SEED, step, number])
    subject = world.subject(rng)
    # in the light of most photos: what colour a subject has cannot be told from a blue night
    plain = bool(rng.random() < _PLAIN)
    view = subject_views(world, subject, 1, rng, crop_side=CROP, plain=plain, square_of=frame)[0]
    if editing:
        triplet = edit(world, rng, _kind(rng), subject=subject)
        text, source, target = triplet.instruction, triplet.source, triplet.target
    else:
        scene = _wanted(world, view, rng)
        text, source, target = caption(scene, rng), None, scene.image
    mask = (view.crop_mask * np.uint8(255)).astype(np.uint8)
    return Example(text, target, view.crop, mask, source)


def _kind(rng: np.random.Generator) -> str:
    """Choose a kind of edit by its odds."""
    return choose([kind for kind in EDITS for _ in range(_ODDS.get(kind, 1))], rng)


def _wanted(world: World, view: View, rng: np.random.Generator) -> Scene:
    """Show the subject again: mostly as it was shown, else at another size and side."""
    place = choose(world.places, rng) if rng.random() < _PLACED else None
    if rng.random() < _PORTRAITS:
        return portrait(world, view, rng, place)
    scene = world.scene(rng, subject=view.scene.objects[0].subject, place=place)
    main = as_shown(scene.objects[0], view)
    return render(replace(scene.layout, objects=(main, *scene.objects[1:])))


class TextMemory:
    """Keep the keys and values of texts at the layers that carry a generation expert.

    Latents of pictures are kept beside them.
    """

    def __init__(self, parts: Parts, limit: int = 8000) -> None:
        self.parts, self.limit = parts, limit
        # an example has a target, a crop and perhaps a source
        self.table = ConceptTable(parts.model.config.trunk.vocab_size, [placeholder(parts)])
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
        stacked: list[KeyValue | None] = [None] * self.parts.model.config.trunk.num_hidden_layers
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
        return Cache(tuple(stacked), length=width, und_length=width, is_gen=(False,) * width)

    @torch.no_grad()
    def _read(
        self, rows: list[list[Item]], keys: list[tuple[int, ...]], table: ConceptTable
    ) -> None:
        model = self.parts.model
        packed = lay_out([[items] for items in rows], model.tools(table))
        if not packed.und_ids:
            trunk = model.config.trunk
            shape = (trunk.num_key_value_heads, 0, trunk.head_dim)
            empty = torch.zeros(shape, dtype=model.dtype)
            self.kept.update({key: [(empty, empty)] * len(self.layers) for key in keys})
            return
        und = model.embed_ids(packed.und_ids, table)[packed.und_source]
        geometry = model.geometry(packed)
        # The rows among the texts take up positions, but are not there to be seen.
        geometry = geometry._replace(und_bias=geometry.und_only_bias, order=None)
        read: list[KeyValue] = []
        for index, layer in enumerate(model.language_model.model.layers[: self.layers[-1] + 1]):
            und, _, pair = layer(und, None, geometry, None, keep=True)
            if index in self.layers and pair is not None:
                read.append(pair)
        lengths = (packed.und_map.sample >= 0).sum(1).tolist()
        for row, (key, length) in enumerate(zip(keys, lengths, strict=True)):
            self.kept[key] = [
                (k[row, :, :length].clone(), v[row, :, :length].clone()) for k, v in read
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


def placeholder(parts: Parts) -> ConceptTokens:
    """Make the concept every example calls ``<sks>``; its generation rows are filled in later.

    Its name row is the embedding of "it", so that the language model reads a plain word.
    """
    model = parts.model
    plain = ConceptTable(model.config.trunk.vocab_size)
    word = model.embed_ids(parts.tokenizer.encode(" it")[:1], plain).float()
    und = torch.zeros(0, model.config.trunk.understanding.hidden_size)
    gen = torch.zeros(16, model.config.gen_width)
    return ConceptTokens("sks", sks=word, und=und, gen=gen, out=word)


@dataclass(frozen=True)
class Aim:
    """Say what costs how much: weights of a token's numbers ``[P]``, and sizes unlike ``size``."""

    size: float = 0.0
    weights: Tensor | None = None


def detail_weights(parts: Parts, world: World) -> Tensor:
    """Weigh a token's numbers ``[P]`` by one over their spread, and by nothing on the whole.

    Fine texture has hardly a share of the squares, and all of what tells two dogs apart.
    """
    shown = [_example(world, 10**6 + 2, number, editing=False) for number in range(_SHOWN)]
    spread = parts.encode([e.target for e in shown]).std((0, 2, 3))
    weights = 1 / (spread + _FINEST)
    weights = weights * spread.square().sum() / (weights * spread.square()).sum()
    return weights.repeat(parts.model.config.latent_patch_size**2)


def flow_losses(
    parts: Parts,
    memory: TextMemory,
    batch: list[Example],
    generator: Generator,
    aim: Aim = Aim(),
) -> dict[str, Tensor]:
    """Return the losses of drawing and editing, and their mean over all tokens."""
    groups = _by_task(batch)
    losses = {}
    for task, group in groups.items():
        if group:
            with torch.autocast("cpu", torch.bfloat16):
                losses[task] = _group_loss(parts, memory, group, generator, aim)
    weights = {task: len(group) / len(batch) for task, group in groups.items()}
    total = sum((weights[task] * loss for task, loss in losses.items()), torch.zeros(()))
    return {"total": total, **losses}


def _by_task(batch: list[Example]) -> dict[str, list[Example]]:
    return {
        IMAGE: [e for e in batch if e.source is None],
        EDIT: [e for e in batch if e.source is not None],
    }


def _group_loss(
    parts: Parts, memory: TextMemory, group: list[Example], generator: Generator, aim: Aim
) -> Tensor:
    seen = _seen(parts, memory, group, generator)
    velocity = parts.model.velocity(seen.hidden, seen.mixed, seen.t)
    error = flow_error(parts.model.config, velocity, seen.noise - seen.data, seen.t)
    loss = (error if aim.weights is None else error * aim.weights).mean()
    return loss + _STEADY * unsteady(seen.states, aim.size) if aim.size else loss


@dataclass(frozen=True)
class _Seen:
    """The noisy tokens of a group: states ``[n, Dg]`` and normed, data, noise, mixture, times."""

    states: Tensor
    hidden: Tensor
    data: Tensor
    noise: Tensor
    mixed: Tensor
    t: Tensor


def _seen(parts: Parts, memory: TextMemory, group: list[Example], generator: Generator) -> _Seen:
    model, table = parts.model, memory.table
    targets = memory.pictures.latents([e.target for e in group])
    sources = [e.source for e in group if e.source is not None]
    encoded = memory.pictures.latents(sources) if sources else None
    rows = [
        _items(parts, example, table, targets[n], None if encoded is None else encoded[n])
        for n, example in enumerate(group)
    ]
    packed = lay_out([[items] for items in rows], model.tools(table))
    texts = [[i for i in items if not (isinstance(i, LatentItem) and i.noisy)] for items in rows]
    cache = memory.cache(packed, [_as_text(items) for items in texts], table)
    noise, t = _draws(packed, model.config.timestep_shift, generator)
    data = torch.cat(packed.latent_tokens)
    mixed = interpolate(data, noise, t)
    gen = _assemble(parts, packed, _rows(parts, memory, group), mixed, t)
    geometry = model.geometry(packed)
    states: list[Tensor] = []
    norm: nn.Module = model.language_model.model.norm_moe_gen
    hook = norm.register_forward_pre_hook(lambda _, given: states.append(given[0]))
    _, hidden, _ = model.run(None, gen, geometry._replace(und_rope=None), cache)
    hook.remove()
    if hidden is None:
        raise ValueError("a batch of pictures has generation tokens")
    slots, noisy = packed.noise_slots, packed.noisy
    last, picked = (x.flatten(0, 1)[slots] for x in (states[0], hidden))
    return _Seen(last.float(), picked, data[noisy], noise[noisy], mixed[noisy], t[noisy])


def _rows(parts: Parts, memory: TextMemory, group: list[Example]) -> Tensor:
    """Write the rows of those whose condition was not dropped ``[n, 16, Dg]``."""
    kept = [e for e in group if not e.dropped]
    if not kept:
        return torch.zeros(0, 16, parts.model.config.gen_width)
    crops = memory.pictures.latents([e.crop for e in kept])
    return parts.write_rows(crops, [e.mask for e in kept])


def _as_text(items: list[Item]) -> list[Item]:
    """Keep the texts, and sources as what they are to the language model: a skipped position."""
    return [replace(i, dropped=True) if isinstance(i, LatentItem) else i for i in items]


def _items(
    parts: Parts, example: Example, table: ConceptTable, target: Tensor, source: Tensor | None
) -> list[Item]:
    prefix = replace(parts.words.prefix("sks", table, GENERATE), dropped=example.dropped)
    text = replace(parts.words.text(example.text, table), dropped=example.dropped)
    middle: list[Item] = [] if source is None else [LatentItem(source, task=EDIT)]
    task = IMAGE if source is None else EDIT
    return [prefix, *middle, text, LatentItem(target, noisy=True, task=task)]


def _draws(packed: Packed, shift: float, generator: Generator) -> tuple[Tensor, Tensor]:
    noises, times = [], []
    for item, tokens in zip(packed.latents, packed.latent_tokens, strict=True):
        noises.append(torch.randn(tokens.shape, generator=generator))
        drawn = draw_times(1, shift, generator).item() if item.noisy else 0.0
        times.append(torch.full((len(tokens),), drawn))
    return torch.cat(noises), torch.cat(times)


def _assemble(parts: Parts, packed: Packed, rows: Tensor, mixed: Tensor, t: Tensor) -> Tensor:
    model = parts.model
    ids = torch.cat([model.latent_ids(h, w) for h, w in packed.latent_grids])
    latents = model.embed_latents(mixed, t, ids)
    flat = torch.cat([rows.flatten(0, 1).to(latents), latents])
    return flat[packed.gen_source]


@torch.no_grad()
def begin(parts: Parts, memory: TextMemory, world: World, start: Path | None) -> Lane:
    """Begin with the averaged weights of another run, where they fit, and with copying."""
    found = {} if start is None else load_file(start / "state.safetensors")
    for name, parameter in parts.trainable().items():
        kept = found.get(f"average/{name}")
        if kept is not None and kept.shape == parameter.shape:
            parameter.copy_(kept)
    shown = [_example(world, 10**6, number, editing=False) for number in range(_SHOWN)]
    masks = torch.from_numpy(np.stack([e.mask for e in shown])).float()[:, None] / 255
    copying = start_copying(parts, parts.encode([e.crop for e in shown]), shares(masks))
    open_lane(parts, copying.frame.quarters[0]).mend(parts)
    return _read_off(parts, memory, copying, examples(world, 10**6 + 1, _READ))


def _read_off(parts: Parts, memory: TextMemory, copying: Copying, batch: list[Example]) -> Lane:
    """Fit the head that reads pictures to examples, as many at a time as a step has."""
    kept, wanted = [], []
    for at in range(0, len(batch), _AT_ONCE):
        part = batch[at : at + _AT_ONCE]
        for group in _by_task(part).values():
            if group:
                with torch.autocast("cpu", torch.bfloat16):
                    seen = _seen(parts, memory, group, Generator().manual_seed(at))
                kept.append(seen.states)
                wanted.append(seen.data)
    return start_readout(parts, copying, torch.cat(kept), torch.cat(wanted))


def main() -> None:
    """Train to the end of the schedule."""
    parser = argparse.ArgumentParser(description="Train omni-mini's generation expert")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--autoencoder", type=Path, default=Path("runs/autoencoder"))
    parser.add_argument("--understanding", type=Path, help="read the language model of this run")
    parser.add_argument("--out", type=Path, default=Path("runs/generation"))
    parser.add_argument("--start", type=Path, help="a run this one begins with")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=40)
    parser.add_argument("--pool", type=int, default=4000, help="examples that are made")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--average", type=float, default=0.999, help="decay of averaged weights")
    arguments = parser.parse_args()
    parts = open_parts(arguments.trunk, arguments.autoencoder, arguments.understanding)
    world = parts.world(arguments.assets)
    memory = TextMemory(parts, 2 * arguments.pool)
    # a run killed before its first checkpoint has a lane, and begins again
    if not all((arguments.out / name).is_file() for name in (LANE, "state.safetensors")):
        begin(parts, memory, world, arguments.start).save(arguments.out / LANE)
    schedule = Schedule(arguments.steps, arguments.rate, 100, average=arguments.average)
    stage = Stage(arguments.out, parts.trainable(), schedule, orthogonal=parts.matrices())
    hold(parts)
    lane = load_lane(arguments.out / LANE)
    stage.mend = lambda: lane.mend(parts)
    aim = Aim(lane.size, detail_weights(parts, world))

    def make(number: int) -> Example:
        return _example(world, 0, number, number < arguments.pool * _EDITS)

    pool = Pool(arguments.pool, make)

    def losses(step: int) -> dict[str, Tensor]:
        batch = pool.batch(step, arguments.batch)
        return flow_losses(parts, memory, batch, Generator().manual_seed(step), aim)

    stage.run(losses)


if __name__ == "__main__":
    main()
