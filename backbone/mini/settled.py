"""Stage 3 on a graphics card: what is read never changes, only how it is read.

Connector, concept encoder and the comparison of the first layer are settled (`Reader.settle`), so
the trunk's input for a lesson can be worked out once, by processes that make lessons, and kept.
Beside the lessons of `backbone.mini.understanding` go small talk, and captions whose keys and
values have to stay what they are: the generation expert has learned to read those.
Run ``python -m backbone.mini.settled --start RUN --device cuda``.

Letters: ``B`` rows, ``T`` slots, ``n`` labels, ``m`` tokens of small talk, ``Du`` the trunk's
width, ``V`` vocabulary, ``C`` concepts, ``K`` key/value heads, ``d`` head size.
"""

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load, load_file, save
from torch import Tensor

from backbone.concepts import GENERATE, ConceptTable
from backbone.decoder import Geometry
from backbone.mini.assembly import mini_config, placeholder
from backbone.mini.assets import load_assets
from backbone.mini.batches import Batches, Layout
from backbone.mini.chat import Exchange, in_segments, open_exchanges, teach
from backbone.mini.fixed_map import FixedMap
from backbone.mini.gallery import Gallery
from backbone.mini.generation import examples
from backbone.mini.lessons import Lesson, lessons
from backbone.mini.pixels import Bytes
from backbone.mini.reader import Reader, open_reader, pictures_of, warm_start
from backbone.mini.stage import Schedule, Stage
from backbone.mini.understanding import MAP, pack
from backbone.mini.world import World
from backbone.packing import Item, Packed, lay_out
from backbone.training import Sample, everyone, out_of_play

__all__ = ["Course", "Sent", "course_losses", "main", "open_maker", "prepare", "receive"]

# batches of lessons that share pictures, and the pairs of subjects they choose among
_TOGETHER, _PAIRS = 3, 40
# rows are padded to a multiple of so many slots
_STEP = 64
# exchanges of a batch; weights of small talk and of what has to stay
_TALK, _CHAT, _KEPT = 6, 1.0, 10.0
# pictures the vision encoder looks at together
_LOOKED = 256


@dataclass(frozen=True)
class Sent:
    """A batch as another process sends it: tensors as safetensors, kinds of lessons by number.

    ``group`` says which small talk is in it.
    """

    tensors: bytes
    kinds: tuple[str, ...]
    group: int


@dataclass(frozen=True)
class Course:
    """A batch where the model is: the trunk's input, and what is to come of it.

    ``und [B, T, Du]``; ``slots [n]`` predict ``labels [n]``, each with a weight and a kind (its
    number in ``kinds``), among the vocabulary and the names ``out [C, Du]`` that are not
    ``absent [n, C]``. ``talk [m]`` are slots of small talk. ``kept`` are slots of captions, whose
    keys and values were ``before [layers, slots, 2 * K * d]``.
    """

    und: Tensor
    geometry: Geometry
    slots: Tensor
    labels: Tensor
    weights: Tensor
    owners: Tensor
    kinds: tuple[str, ...]
    out: Tensor
    absent: Tensor
    talk: Tensor
    kept: Tensor
    before: Tensor
    group: int


@dataclass(frozen=True)
class Ways:
    """Say where a maker finds its things, and what a batch is made of."""

    trunk: Path
    start: Path
    assets: Path
    device: str
    batch: int
    captions: int
    texts: float
    prompts: int


def open_settled(ways: Ways) -> tuple[Reader, list[list[Exchange]]]:
    """Open the reader of a run on a device, and its small talk in groups."""
    reader = open_reader(ways.trunk, FixedMap(**load_file(ways.start / MAP)))
    warm_start(reader, ways.start)
    talk = open_exchanges(reader, ways.start / "chat.json", ways.prompts)
    reader.model.to(ways.device)
    reader.encoder.to(ways.device)
    groups = [talk[at : at + _TALK] for at in range(0, len(talk), _TALK)]
    return replace(reader, shift=reader.shift.to(ways.device)), groups


def open_maker(ways: Ways) -> Callable[[int], Sent]:
    """Open what makes batches, in a process of its own."""
    reader, groups = open_settled(ways)
    world = World(load_assets(ways.assets), size=mini_config().default_image_size[0])
    galleries: dict[int, Gallery] = {}

    def make(number: int) -> Sent:
        at = number // _TOGETHER
        if at not in galleries:
            galleries.clear()
            galleries[at] = Gallery(world, _PAIRS, first=at * _PAIRS)
        made = lessons(galleries[at], number, ways.batch, texts=ways.texts)
        asked = tuple(e.text for e in examples(world, number, ways.captions))
        group = number % len(groups)
        return prepare(reader, made, groups[group], asked, group)

    return make


@torch.no_grad()
def prepare(
    reader: Reader,
    given: Sequence[Lesson],
    talk: Sequence[Exchange],
    captions: Sequence[str],
    group: int = 0,
) -> Sent:
    """Work out the input of a batch, and what captions are read as now."""
    _remember(reader, given)
    with reader.autocast():
        samples = reader.samples(given)
    kinds = {id(s): lesson.kind for s, lesson in zip(samples, given, strict=True)}
    said = [Sample(tuple(in_segments(reader, exchange))) for exchange in talk]
    read = [_caption(reader, text) for text in captions]
    rows = pack([*samples, *said, *read])
    order = [sample for row in rows for sample in row]
    table = everyone(reader.model, order)
    packed = lay_out([[s.items for s in row] for row in rows], reader.model.tools(table))
    width = -(-packed.und_map.tokens // _STEP) * _STEP
    tensors = _laid_out(reader, packed, table, width)
    ended = [exchange.ended for exchange in talk]
    names = [kinds.get(id(order[n]), "") for n in packed.label_samples]
    known = sorted({name for name in names if name})
    tensors |= _taught(reader, packed, table, order, names, known)
    tensors["talk"] = _in_order(packed, order, said, ended)
    tensors["kept"] = _slots_of(packed, order, read)
    for key in ("slots", "talk", "kept"):
        tensors[key] = _wide(tensors[key], packed.und_map.tokens, width)
    tensors["before"] = _before(reader, tensors)
    return Sent(save({k: t.cpu().contiguous() for k, t in tensors.items()}), tuple(known), group)


def _remember(reader: Reader, given: Sequence[Lesson]) -> None:
    """Look at a batch's pictures, all of them together."""
    shown = {id(picture): picture for lesson in given for picture in pictures_of(lesson)}
    pictures = [picture for key, picture in shown.items() if key not in reader.seen.kept]
    for at in range(0, len(pictures), _LOOKED):
        _look(reader, pictures[at : at + _LOOKED])
    while len(reader.seen.kept) > 16 * _LOOKED:
        reader.seen.kept.pop(next(iter(reader.seen.kept)))


def _look(reader: Reader, pictures: Sequence[Bytes]) -> None:
    model = reader.model
    if model.vit_model is None:
        raise ValueError("omni-mini sees")
    pixels = torch.stack([reader.words.look(Image.fromarray(p)).pixels for p in pictures])
    with reader.autocast():
        codes = model.vit_model(pixels.to(model.device, model.dtype)).to(torch.bfloat16)
    for picture, code in zip(pictures, codes, strict=True):
        reader.seen.kept[id(picture)] = (picture, code)


def _caption(reader: Reader, text: str) -> Sample:
    spoken = placeholder(reader.model, reader.words.tokenizer)
    table = ConceptTable(reader.model.config.trunk.vocab_size, [spoken])
    items: list[Item] = [reader.words.prefix("sks", table, GENERATE)]
    return Sample((*items, reader.words.text(text, table)), (spoken,))


def _laid_out(reader: Reader, packed: Packed, table: ConceptTable, width: int) -> dict[str, Tensor]:
    """Embed the understanding stream, its rows padded, and say where its tokens are."""
    model = reader.model
    with reader.autocast():
        parts = [model.embed_ids(packed.und_ids, table)]
        parts += model.encode_images(packed.images) if packed.images else []
    flat = torch.cat([part.to(model.dtype) for part in parts])
    layout = Layout.of(packed, table, width)
    und = flat[torch.from_numpy(layout.und_source).to(model.device)]
    places = torch.stack([torch.from_numpy(column) for column in layout.und_map])
    return {"und": und, "places": places.to(torch.int32)}


def _taught(
    reader: Reader,
    packed: Packed,
    table: ConceptTable,
    order: Sequence[Sample],
    names: Sequence[str],
    known: Sequence[str],
) -> dict[str, Tensor]:
    """Say which slots predict which labels of lessons, and among which names."""
    taught = torch.tensor([n for n, name in enumerate(names) if name])
    vocabulary = reader.model.config.trunk.vocab_size
    blank = torch.zeros(1, vocabulary + len(table.concepts)).expand(len(names), -1)
    column = torch.tensor([table.column(label) for label in packed.labels])
    return {
        "slots": packed.label_slots[taught],
        "labels": column[taught],
        "weights": packed.label_weights[taught],
        "owners": torch.tensor([known.index(name) for name in names if name]),
        "out": table.out_rows().to(torch.bfloat16),
        "absent": out_of_play(packed, table, order, blank)[taught, vocabulary:],
    }


def _in_order(
    packed: Packed, order: Sequence[Sample], talk: Sequence[Sample], ends: Sequence[bool]
) -> Tensor:
    """Return the slots of small talk ``[m]`` in the order of the exchanges."""
    owners = torch.tensor(packed.label_samples)
    places = {id(sample): n for n, sample in enumerate(order)}
    own = (packed.label_slots[owners == places[id(sample)]] for sample in talk)
    # an answer that was cut short says nothing about its end
    cut = (said if ended else said[:-1] for said, ended in zip(own, ends, strict=True))
    return torch.cat(list(cut))


def _slots_of(packed: Packed, order: Sequence[Sample], chosen: Sequence[Sample]) -> Tensor:
    """Return the slots of samples."""
    mine = {id(sample) for sample in chosen}
    those = torch.tensor([id(sample) in mine for sample in order])
    owner = packed.und_map.sample
    return ((owner >= 0) & those[owner.clamp_min(0)]).flatten().nonzero()[:, 0]


def _wide(slots: Tensor, narrow: int, width: int) -> Tensor:
    """Take flat slots to rows of another width."""
    return slots // narrow * width + slots % narrow


def _before(reader: Reader, tensors: dict[str, Tensor]) -> Tensor:
    with reader.autocast():
        _, read = _read(
            reader, tensors["und"], _geometry(reader, tensors["places"]), tensors["kept"]
        )
    return read


def _geometry(reader: Reader, places: Tensor) -> Geometry:
    """Place the understanding stream; nothing of the other is seen from it."""
    columns = tuple(column.long().cpu().numpy() for column in places)
    rows = len(columns[0])
    none = np.zeros((rows, 0), np.int64)
    layout = Layout([], none, columns, [], none, (none,) * len(columns), none[0])
    table = ConceptTable(reader.model.config.trunk.vocab_size)
    made = reader.model.geometry(layout.packed(table))
    alone = made.und_bias
    return Geometry(made.und_rope, None, und_bias=alone, und_only_bias=alone)


def receive(reader: Reader, sent: Sent) -> Course:
    """Bring a batch to where the model is."""
    device = reader.model.device
    tensors = {key: tensor.to(device) for key, tensor in load(sent.tensors).items()}
    geometry = _geometry(reader, tensors.pop("places"))
    return Course(geometry=geometry, kinds=sent.kinds, group=sent.group, **tensors)


def _read(reader: Reader, und: Tensor, geometry: Geometry, kept: Tensor) -> tuple[Tensor, Tensor]:
    """Run the trunk; return states ``[B * T, Du]``, and keys and values of kept slots."""
    model = reader.model
    hidden, _, cache = model.run(und, None, geometry, keep=True)
    if hidden is None:
        raise ValueError("a batch of lessons has understanding tokens")
    trunk = model.config.trunk
    layers = (n for n in range(trunk.num_hidden_layers) if trunk.has_generation(n))
    pairs = (torch.cat(cache.at(layer), 1).transpose(1, 2).flatten(2) for layer in layers)
    return hidden.flatten(0, 1), torch.stack([both.flatten(0, 1)[kept] for both in pairs])


def course_losses(reader: Reader, given: Course, teacher: Tensor) -> dict[str, Tensor]:
    """Return the losses of a step; ``total`` is what is minimised.

    ``teacher [m, V]`` are log-probabilities of what small talk says.
    """
    language = reader.model.language_model
    with reader.autocast():
        hidden, read = _read(reader, given.und, given.geometry, given.kept)
        words = language.logits(hidden[given.slots]).float()
        names = (hidden[given.slots] @ given.out.to(hidden).T).float()
        spoken = language.logits(hidden[given.talk]).float().log_softmax(-1)
    logits = torch.cat([words, names.masked_fill(given.absent, -torch.inf)], -1)
    losses = F.cross_entropy(logits, given.labels, reduction="none") * given.weights
    chat = F.kl_div(spoken, teacher.float(), log_target=True, reduction="batchmean")
    moved = _moved(read.float(), given.before.float())
    total = losses.sum() / given.weights.sum() + _CHAT * chat + _KEPT * moved
    return {"total": total, "chat": chat, "moved": moved} | _by_kind(given, losses.detach())


def _moved(now: Tensor, before: Tensor) -> Tensor:
    """Return how far keys and values went, beside their size, the mean over layers."""
    apart = (now - before).square().mean((1, 2)) / before.square().mean((1, 2))
    return apart.mean()


def _by_kind(given: Course, losses: Tensor) -> dict[str, Tensor]:
    sums = torch.zeros(2, len(given.kinds), device=losses.device)
    sums[0].index_add_(0, given.owners, losses)
    sums[1].index_add_(0, given.owners, given.weights)
    return dict(zip(given.kinds, sums[0] / sums[1], strict=True))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train how omni-mini reads, comparing settled")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--start", type=Path, required=True, help="a run this one begins with")
    parser.add_argument("--out", type=Path, default=Path("runs/settled"))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seconds", type=float, help="end after so long, whatever the steps")
    parser.add_argument("--batch", type=int, default=96, help="lessons of a step")
    parser.add_argument("--captions", type=int, default=16, help="of a step")
    parser.add_argument("--count", type=int, default=300, help="batches that are made")
    parser.add_argument("--texts", type=float, default=0.0, help="further share of texts")
    parser.add_argument("--prompts", type=int, default=240, help="of small talk")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--average", type=float, default=0.998, help="decay of averaged weights")
    parser.add_argument("--device", default="cpu", help="cuda: a graphics card")
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Train to the end of the schedule."""
    options = _options()
    known = vars(options)
    ways = Ways(**{name: known[name] for name in Ways.__dataclass_fields__})
    waits = options.seconds is None
    batches: Batches[Sent, Course] = Batches(
        options.count, options.processes, open_maker, ways, wait=waits
    )
    reader, groups = open_settled(ways)
    with reader.autocast():
        teachers = [teach(reader, group).to(torch.bfloat16) for group in groups]
    schedule = Schedule(
        options.steps, options.rate, 50, average=options.average, seconds=options.seconds
    )
    options.out.mkdir(parents=True, exist_ok=True)
    for name in (MAP, "chat.json"):
        shutil.copyfile(options.start / name, options.out / name)
    trained = reader.trainable()
    reader.settle()
    stage = Stage(options.out, trained, schedule)

    def losses(step: int) -> dict[str, Tensor]:
        course = batches.batch(step, lambda sent: receive(reader, sent))
        return course_losses(reader, course, teachers[course.group])

    try:
        stage.run(losses)
    finally:
        batches.close()


if __name__ == "__main__":
    main()
