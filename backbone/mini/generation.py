"""Stage 2 of the recipe: the generation expert and the rows that tell it what to draw.

Every example shows a subject once (a masked crop writes its rows) and asks for it in another
scene, or for an exact edit of a scene it is in. The language model stays as it is; since it
never sees generation tokens, its keys and values for a text are computed once and kept.
Run ``python -m backbone.mini.generation --steps N``; it stops and goes on at will.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import default_rng
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Generator, Tensor, nn

from backbone.concepts import GENERATE, ConceptTable
from backbone.device import mixed
from backbone.flow import draw_times, interpolate
from backbone.mini.assembly import Parts, open_parts, shares
from backbone.mini.batches import (
    Batch,
    Batches,
    Shown,
    make_ready,
    shown,
)
from backbone.mini.captions import caption
from backbone.mini.copying import Copying, generating, hold, start_copying
from backbone.mini.edits import EDITS, EditTriplet, edit
from backbone.mini.pixels import Bytes
from backbone.mini.pool import DROP, Pool
from backbone.mini.portraits import as_shown, portrait, unnamed
from backbone.mini.readout import Lane, load_lane, open_lane, start_readout, unsteady
from backbone.mini.row_encoder import CROP
from backbone.mini.scene import Scene, render
from backbone.mini.stage import Schedule, Stage
from backbone.mini.text_memory import TextMemory
from backbone.mini.views import View, frame, subject_views
from backbone.mini.words import choose
from backbone.mini.world import World
from backbone.packing import EDIT, IMAGE, Item, LatentItem, Packed, lay_out
from backbone.training import flow_error

__all__ = ["Example", "begin", "by_task", "examples", "flow_losses", "grow"]
__all__ += ["lay_out_group", "losses_of", "main"]

_SEED = 2
_EDITS = 0.4
# odds of the kinds of edits; each kind that is not named has 1
_ODDS = {"remove": 4, "background": 2, "add": 6, "recolour": 2}
# shares of drawings whose texts name no place, and of the others as the subject was shown
_UNNAMED, _PORTRAITS = 0.2, 0.85
# share of subjects that are shown in clear daylight
_PLAIN = 0.85
# pixels per side of a token; how much more a token weighs that shows a small thing alone
_TOKEN, _FOCUS = 16, 4.0
# crops whose components rows begin with; examples the head is fitted to, so many at a time
_SHOWN, _READ, _AT_ONCE = 200, 800, 40
LANE = "lane.safetensors"
# what writes to the states of a layer
_WRITERS = ("o_proj_moe_gen.weight", "mlp_moe_gen.down_proj.weight")
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
    # where something small has to appear [S, S]
    small: NDArray[np.bool_] | None = None

    @property
    def focus(self) -> NDArray[np.float32]:
        """Return the weights of the target's tokens ``[T]``, those of small things above 1."""
        rows = self.target.shape[0] // _TOKEN
        if self.small is None:
            return np.ones(rows * rows, np.float32)
        tiles = self.small.reshape(rows, _TOKEN, rows, _TOKEN)
        shares = tiles.mean((1, 3)).astype(np.float32)
        return np.ravel(1 + _FOCUS * shares)


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
        small = _added(triplet)
    else:
        scene = _wanted(world, view, rng)
        text, source, target = caption(scene, rng), None, scene.image
        small = _small(scene)
    mask = (view.crop_mask * np.uint8(255)).astype(np.uint8)
    return Example(text, target, view.crop, mask, source, small=small)


def _small(scene: Scene) -> NDArray[np.bool_] | None:
    """Say where a scene's small things are seen."""
    found = [scene.mask(n) for n, item in enumerate(scene.objects) if item.role == "small"]
    return np.any(found, axis=0) if found else None


def _added(triplet: EditTriplet) -> NDArray[np.bool_] | None:
    """Say where an edit puts something small."""
    return _small(triplet.after) if triplet.kind in ("add", "replace") else None


def _kind(rng: np.random.Generator) -> str:
    """Choose a kind of edit by its odds."""
    return choose([kind for kind in EDITS for _ in range(_ODDS.get(kind, 1))], rng)


def _wanted(world: World, view: View, rng: np.random.Generator) -> Scene:
    """Show the subject again: mostly as it was shown, else at another size and side."""
    if rng.random() < _UNNAMED:
        return unnamed(world, view, rng)
    place = choose(world.places, rng)
    if rng.random() < _PORTRAITS:
        return portrait(world, view, rng, place)
    scene = world.scene(rng, subject=view.scene.objects[0].subject, place=place)
    main = as_shown(scene.objects[0], view)
    return render(replace(scene.layout, objects=(main, *scene.objects[1:])))


@dataclass(frozen=True)
class Aim:
    """Say what costs how much: weights of a token's numbers ``[P]``, and sizes unlike ``size``."""

    size: float = 0.0
    weights: Tensor | None = None


def detail_weights(parts: Parts, world: World) -> Tensor:
    """Weigh a token's numbers ``[P]`` by one over their spread, and by nothing on the whole.

    Fine texture has hardly a share of the squares, and all of what tells two dogs apart.
    """
    views = [_example(world, 10**6 + 2, number, editing=False) for number in range(_SHOWN)]
    spread = parts.encode([e.target for e in views]).std((0, 2, 3))
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
    groups = [group for group in by_task(batch).values() if group]
    return losses_of(parts, [_ready(parts, memory, group) for group in groups], generator, aim)


def losses_of(
    parts: Parts, groups: Sequence[Batch], generator: Generator, aim: Aim = Aim()
) -> dict[str, Tensor]:
    """Return the losses of groups that are ready, and their mean by numbers of examples."""
    losses = {}
    with mixed(parts.model.device.type):
        for group in groups:
            losses[IMAGE if group.drawn else EDIT] = _loss(parts, group, generator, aim)
    counts = [len(group.gen_source) for group in groups]
    pairs = zip(losses.values(), counts, strict=True)
    total = torch.stack([count * loss for loss, count in pairs]).sum() / sum(counts)
    return {"total": total, **losses}


def by_task(batch: list[Example]) -> dict[str, list[Example]]:
    """Part drawings from edits."""
    return {
        IMAGE: [e for e in batch if e.source is None],
        EDIT: [e for e in batch if e.source is not None],
    }


def _loss(parts: Parts, batch: Batch, generator: Generator, aim: Aim) -> Tensor:
    seen = _look(parts, batch, generator)
    velocity = parts.model.velocity(seen.hidden, seen.mixed, seen.t)
    error = flow_error(parts.model.config, velocity, seen.noise - seen.data, seen.t)
    error = error * batch.focus[:, None]
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


def _ready(parts: Parts, memory: TextMemory, group: list[Example]) -> Batch:
    """Make a group ready with what is remembered of texts and pictures."""
    model, table = parts.model, memory.table
    latents = [memory.pictures.latents([e.target for e in group])]
    sources = [e.source for e in group if e.source is not None]
    if sources:
        latents.insert(0, memory.pictures.latents(sources))
    packed, texts = lay_out_group(parts, table, group, latents)
    kept = [e for e in group if not e.dropped]
    masks = torch.from_numpy(np.stack([e.mask for e in kept])) if kept else torch.zeros(0, 1, 1)
    return Batch(
        data=torch.cat(packed.latent_tokens),
        targets=packed.noisy.nonzero()[:, 0],
        ids=torch.cat([model.latent_ids(h, w) for h, w in packed.latent_grids]),
        tokens=len(packed.latent_tokens[0]),
        gen_source=packed.gen_source,
        noise_slots=packed.noise_slots,
        geometry=model.geometry(packed)._replace(und_rope=None),
        cache=memory.cache(packed, texts, table),
        crops=memory.pictures.latents([e.crop for e in kept]) if kept else torch.zeros(0),
        shares=shares(masks.float()[:, None] / 255) if kept else torch.zeros(0),
        focus=torch.from_numpy(np.concatenate([e.focus for e in group])),
    )


def lay_out_group(
    parts: Parts, table: ConceptTable, group: list[Example], latents: Sequence[Tensor]
) -> tuple[Packed, list[list[Item]]]:
    """Lay out a group; return its texts as well.

    ``latents`` are those of sources, if there are any, and of targets ``[n, z, h, w]``.
    """
    rows = [_items(parts, e, table, [x[n] for x in latents]) for n, e in enumerate(group)]
    packed = lay_out([[items] for items in rows], parts.model.tools(table))
    texts = [[i for i in items if not (isinstance(i, LatentItem) and i.noisy)] for items in rows]
    return packed, [_as_text(items) for items in texts]


def _look(parts: Parts, batch: Batch, generator: Generator) -> _Seen:
    """Add noise to a group and let the expert look at it."""
    model = parts.model
    noise, t = _draws(batch, model.config.timestep_shift, generator)
    mixed = interpolate(batch.data, noise, t)
    latents = model.embed_latents(mixed, t, batch.ids)
    if len(batch.crops):
        rows = parts.rows(batch.crops, batch.shares)
        latents = torch.cat([rows.flatten(0, 1).to(latents), latents])
    states: list[Tensor] = []
    norm: nn.Module = model.language_model.model.norm_moe_gen
    hook = norm.register_forward_pre_hook(lambda _, given: states.append(given[0]))
    _, hidden, _ = model.run(None, latents[batch.gen_source], batch.geometry, batch.cache)
    hook.remove()
    if hidden is None:
        raise ValueError("a batch of pictures has generation tokens")
    last, picked = (x.flatten(0, 1)[batch.noise_slots] for x in (states[0], hidden))
    return _Seen(last.float(), picked, *(x[batch.targets] for x in (batch.data, noise, mixed, t)))


def _as_text(items: list[Item]) -> list[Item]:
    """Keep the texts, and sources as what they are to the language model: a skipped position."""
    return [replace(i, dropped=True) if isinstance(i, LatentItem) else i for i in items]


def _items(
    parts: Parts, example: Example, table: ConceptTable, latents: Sequence[Tensor]
) -> list[Item]:
    prefix = replace(parts.words.prefix("sks", table, GENERATE), dropped=example.dropped)
    text = replace(parts.words.text(example.text, table), dropped=example.dropped)
    *sources, target = latents
    middle: list[Item] = [LatentItem(source, task=EDIT) for source in sources]
    task = EDIT if sources else IMAGE
    return [prefix, *middle, text, LatentItem(target, noisy=True, task=task)]


def _draws(batch: Batch, shift: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw noise ``[N, P]`` for all tokens and a time ``[N]`` for each target; others have 0."""
    device = batch.data.device
    noise = torch.randn(batch.data.shape, generator=generator, device=device)
    drawn = draw_times(len(batch.gen_source), shift, generator).repeat_interleave(batch.tokens)
    return noise, torch.zeros_like(noise[:, 0]).index_copy(0, batch.targets, drawn)


@torch.no_grad()
def begin(parts: Parts, memory: TextMemory, world: World, start: Path | None) -> Lane:
    """Begin with the averaged weights of another run, where they fit, and with copying."""
    found = {} if start is None else load_file(start / "state.safetensors")
    for name, parameter in parts.trainable().items():
        kept = found.get(f"average/{name}")
        if kept is not None and kept.shape == parameter.shape:
            parameter.copy_(kept)
    if found:
        grow(parts, found)
    views = [_example(world, 10**6, number, editing=False) for number in range(_SHOWN)]
    masks = torch.from_numpy(np.stack([e.mask for e in views])).float()[:, None] / 255
    copying = start_copying(parts, parts.encode([e.crop for e in views]), shares(masks))
    open_lane(parts, copying.frame.quarters[0]).mend(parts)
    return _read_off(parts, memory, copying, examples(world, 10**6 + 1, _READ))


def grow(parts: Parts, found: Mapping[str, Tensor]) -> None:
    """Let layers that another run lacked begin by doing nothing."""
    for name, parameter in parts.trainable().items():
        if f"average/{name}" not in found and name.endswith(_WRITERS):
            parameter.zero_()


def _read_off(parts: Parts, memory: TextMemory, copying: Copying, batch: list[Example]) -> Lane:
    """Fit the head that reads pictures to examples, as many at a time as a step has."""
    kept, wanted = [], []
    for at in range(0, len(batch), _AT_ONCE):
        part = batch[at : at + _AT_ONCE]
        for group in by_task(part).values():
            if group:
                with mixed():
                    ready = _ready(parts, memory, group)
                    seen = _look(parts, ready, Generator().manual_seed(at))
                kept.append(seen.states)
                wanted.append(seen.data)
    return start_readout(parts, copying, torch.cat(kept), torch.cat(wanted))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train omni-mini's generation expert")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--autoencoder", type=Path, default=Path("runs/autoencoder"))
    parser.add_argument("--understanding", type=Path, help="read the language model of this run")
    parser.add_argument("--out", type=Path, default=Path("runs/generation"))
    parser.add_argument("--start", type=Path, help="a run this one begins with")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seconds", type=float, help="end after so long, whatever the steps")
    parser.add_argument("--batch", type=int, default=40)
    parser.add_argument("--pool", type=int, default=4000, help="examples that are made")
    parser.add_argument("--first", type=int, default=0, help="number of the first batch made once")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--average", type=float, default=0.999, help="decay of averaged weights")
    parser.add_argument("--device", default="cpu", help="cuda: a graphics card")
    parser.add_argument(
        "--processes", type=int, default=0, help="let so many make batches that stay as they are"
    )
    options = parser.parse_args()
    if options.device != "cpu" and not options.processes:
        parser.error(f"--device {options.device} takes batches made once: give --processes.")
    if options.pool < options.batch:
        parser.error(f"--pool {options.pool} has no batch of {options.batch}.")
    return options


def main() -> None:
    """Train to the end of the schedule."""
    options = _options()
    parts = open_parts(options.trunk, options.autoencoder, options.understanding)
    world = parts.world(options.assets)
    memory = TextMemory(parts, 2 * options.pool)
    batches = _made_once(options) if options.processes else None
    # a run killed before its first checkpoint has a lane, and begins again
    if not all((options.out / name).is_file() for name in (LANE, "state.safetensors")):
        begin(parts, memory, world, options.start).save(options.out / LANE)
    weights = detail_weights(parts, world).to(options.device)
    parts.to(options.device)
    if options.device != "cpu":
        _compile(parts)
    schedule = Schedule(
        options.steps, options.rate, 100, average=options.average, seconds=options.seconds
    )
    stage = Stage(options.out, parts.trainable(), schedule, orthogonal=parts.matrices())
    hold(parts)
    lane = load_lane(options.out / LANE).to(options.device)
    stage.mend = lambda: lane.mend(parts)
    aim, generator = Aim(lane.size, weights), Generator(options.device)
    steps = _remembered(options, parts, world, memory)
    if batches is not None:
        steps = _kept(batches, parts, memory.table)
    try:
        stage.run(lambda n: losses_of(parts, steps(n), generator.manual_seed(n), aim))
    finally:
        if batches is not None:
            batches.close()


def _remembered(
    options: argparse.Namespace, parts: Parts, world: World, memory: TextMemory
) -> Callable[[int], list[Batch]]:
    """Choose the examples of a step anew every time, and keep what they are read and seen as."""

    def make(number: int) -> Example:
        return _example(world, 0, number, number < options.pool * _EDITS)

    pool = Pool(options.pool, make)

    def batches(step: int) -> list[Batch]:
        groups = by_task(pool.batch(step, options.batch)).values()
        return [_ready(parts, memory, group) for group in groups if group]

    return batches


def _made_once(options: argparse.Namespace) -> Batches[list[Shown], list[Batch]]:
    """Let other processes make batches whose examples stay together."""
    count = options.pool // options.batch
    where = (options.trunk, options.autoencoder, options.assets, options.batch, options.first)
    wait = options.seconds is None
    return Batches(count, options.processes, _open_maker, *where, wait=wait)


def _kept(
    batches: Batches[list[Shown], list[Batch]], parts: Parts, table: ConceptTable
) -> Callable[[int], list[Batch]]:
    """Make batches ready where the model is."""

    def ready(groups: list[Shown]) -> list[Batch]:
        return [make_ready(parts, table, group) for group in groups]

    return lambda step: batches.batch(step, ready)


def _open_maker(
    trunk: Path, autoencoder: Path, assets: Path, size: int, first: int
) -> Callable[[int], list[Shown]]:
    """Open what makes batches of a size, in a process of its own."""
    parts = open_parts(trunk, autoencoder)
    world = parts.world(assets)
    table = ConceptTable(parts.model.config.trunk.vocab_size, [parts.placeholder()])

    def make(number: int) -> list[Shown]:
        rng = default_rng([_SEED, 1, first + number])
        found = examples(world, first + number, size)
        made = [replace(e, dropped=bool(rng.random() < DROP)) for e in found]
        return [_shown(parts, table, group) for group in by_task(made).values() if group]

    return make


def _shown(parts: Parts, table: ConceptTable, group: list[Example]) -> Shown:
    """Lay a group out without encoding its pictures."""
    side = parts.model.config.default_image_size[0] // 8
    blank = torch.zeros(1, parts.rows.mean.numel(), side, side).expand(len(group), -1, -1, -1)
    latents = [blank] if group[0].source is None else [blank, blank]
    return shown(group, lay_out_group(parts, table, group, latents)[0], table)


def _compile(parts: Parts) -> None:
    """Compile the layers that are trained."""
    for layer in generating(parts):
        layer.compile(dynamic=False)


if __name__ == "__main__":
    main()
