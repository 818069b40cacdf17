"""Stage 3 of the recipe: read rows, see pictures, use facts, and stay as good at small talk.

Trained are low-rank updates of the understanding expert, the connector's residual and the
concept encoder, on lessons the world makes; everything else is frozen. Samples run through the
public training forward, so what is trained is what is used.
Run ``python -m backbone.mini.understanding --steps N``; it stops and goes on at will.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from numpy.random import default_rng
from PIL import Image
from torch import Generator, Tensor

from backbone.config import EfficientNetConfig
from backbone.device import mixed
from backbone.efficientnet import EfficientNetEncoder
from backbone.images import to_pixels
from backbone.mini.answering import (
    look_at,
    other_lessons,
    start_answering,
    where_answers_begin,
    yes_or_no_lessons,
)
from backbone.mini.assembly import mini_config
from backbone.mini.assets import load_assets
from backbone.mini.chat import Exchange, chat_loss, open_exchanges
from backbone.mini.fixed_map import FixedMap, make_map, open_map
from backbone.mini.gallery import Gallery
from backbone.mini.gazing import start_gazing
from backbone.mini.lessons import Lesson, lessons, view_picture
from backbone.mini.matching import told_along
from backbone.mini.pixels import Bytes, resize
from backbone.mini.reader import Reader, open_reader, warm_start
from backbone.mini.seen import natural_mean
from backbone.mini.stage import Schedule, Stage
from backbone.mini.telling import telling_directions
from backbone.mini.views import subject_views
from backbone.mini.world import World
from backbone.packing import TextItem
from backbone.training import LossOptions, Sample, token_losses
from backbone.whitening import Whitening, fit_whitening

__all__ = ["MAP", "Weights", "lesson_losses", "main", "pack", "world_map", "world_whitening"]

# the connector's fixed map, in the folder of a run
MAP = "map.safetensors"

_SEED = 9
_TALK_EVERY, _TALK_COUNT = 4, 4
# of a subject, to learn what tells subjects apart
_VIEWS = 4
# lessons the guesses of how to answer and how to see are made from
_GUESSED, _GAZED = 320, 96


@dataclass(frozen=True)
class Weights:
    """Weigh small talk, in the steps that have some, beside the lessons, whose weight is 1."""

    chat: float = 1.0


def world_whitening(world: World, encoder: EfficientNetEncoder, pictures: int) -> Whitening:
    """Find the main components of what the encoder says of scenes and views of the world."""
    rank, side = mini_config().connector_rank, mini_config().vit_transform.max_image_size
    features = []
    for number in range(pictures // 2):
        view = subject_views(world, world.subject(rng := default_rng([_SEED, number])), 1, rng)[0]
        batch = [_pixels(picture, side) for picture in (view.image, view_picture(view, rng))]
        with torch.no_grad(), mixed():
            features.append(encoder(torch.stack(batch)).flatten(0, 1).float())
    return fit_whitening(torch.cat(features), rank)


def _pixels(picture: Bytes, side: int) -> Tensor:
    return to_pixels(Image.fromarray(resize(picture, side, side)))


def world_map(world: World, pictures: int, subjects: int) -> FixedMap:
    """Find the connector's fixed map."""
    config = mini_config()
    if not isinstance(config.vision, EfficientNetConfig):
        raise TypeError("omni-mini looks through EfficientNet")
    encoder = EfficientNetEncoder(config.vision)
    composed = world_whitening(world, encoder, pictures)
    views = torch.stack([_looks(world, encoder, number) for number in range(subjects)])
    telling = telling_directions(
        (views - composed.mean) @ composed.components.T, config.connector_glance
    )
    natural = natural_mean(encoder)
    return make_map(composed, telling, natural, config.trunk.understanding.hidden_size)


def _looks(world: World, encoder: EfficientNetEncoder, number: int) -> Tensor:
    """Return pooled features ``[2 * views, Dv]`` of a subject's views: pictures and their crops."""
    side = mini_config().vit_transform.max_image_size
    rng = default_rng([_SEED, 1, number])
    views = subject_views(world, world.subject(rng), _VIEWS, rng, crop_side=128)
    pictures = [picture for view in views for picture in (view.image, view.crop)]
    with torch.no_grad(), mixed():
        tokens = encoder(torch.stack([_pixels(picture, side) for picture in pictures]))
    pooled: Tensor = tokens.float().mean(1)
    return pooled


def pack(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Share rows among samples, at the row length that wastes least on padding."""
    sizes = [_size(sample) for sample in samples]
    lengths = range(max(sizes), 2 * max(sizes) + 1, 8)
    tried = [_fill(sizes, length) for length in lengths]
    best = min(tried, key=lambda rows: len(rows) * max(sum(sizes[n] for n in row) for row in rows))
    return [[samples[number] for number in row] for row in best]


def _fill(sizes: list[int], length: int) -> list[list[int]]:
    """Put every number into the first row that has room for it, the largest first."""
    rows: list[list[int]] = []
    left: list[int] = []
    for number in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
        place = next((n for n, room in enumerate(left) if sizes[number] <= room), len(rows))
        if place == len(rows):
            rows.append([])
            left.append(length)
        rows[place].append(number)
        left[place] -= sizes[number]
    return rows


def _size(sample: Sample) -> int:
    # a seen picture has about 18 tokens, markers included
    return sum(len(i.ids) + 2 if isinstance(i, TextItem) else 18 for i in sample.items)


def lesson_losses(reader: Reader, batch: Sequence[Lesson]) -> dict[str, Tensor]:
    """Return the loss of each kind of lesson, and ``lessons``, over all labels.

    A label weighs one over the root of its answer's length, so that long captions do not drown
    a yes or no.
    """
    with reader.autocast():
        samples = reader.samples(batch)
        kinds = {id(sample): given.kind for sample, given in zip(samples, batch, strict=True)}
        rows = pack(samples)
        losses = token_losses(reader.model, rows, Generator(), LossOptions())
    owners = [kinds[id(sample)] for row in rows for sample in row for _ in range(_labels(sample))]
    weights, found = losses.text_weights, {}
    for kind in sorted(set(owners)):
        mine = torch.tensor([owner == kind for owner in owners])
        found[kind] = (losses.text[mine] * weights[mine]).sum().detach() / weights[mine].sum()
    return {"lessons": (losses.text * weights).sum() / weights.sum(), **found}


def _labels(sample: Sample) -> int:
    texts = (item for item in sample.items if isinstance(item, TextItem) and item.loss)
    return sum(len(item.ids) + 1 for item in texts)


def all_losses(
    reader: Reader, batch: Sequence[Lesson], talk: Sequence[Exchange], weights: Weights
) -> dict[str, Tensor]:
    """Return the losses of a step; ``total`` is what is minimised."""
    losses = lesson_losses(reader, batch)
    total = losses["lessons"]
    if talk:
        with reader.autocast():
            losses["chat"] = chat_loss(reader, talk)
        total = total + weights.chat * losses["chat"]
    return {"total": total, **losses}


def _talk_of(talk: Sequence[Exchange], step: int) -> list[Exchange]:
    """Choose the small talk of a step: few steps have some, since a pass of its own costs."""
    if not talk or step % _TALK_EVERY:
        return []
    first = step // _TALK_EVERY * _TALK_COUNT
    return [talk[(first + n) % len(talk)] for n in range(_TALK_COUNT)]


def _begin(reader: Reader, gallery: Gallery, start: Path | None, *, anew: bool) -> None:
    """Begin with another run's weights, or with a guess of how to answer.

    ``anew`` keeps of the run all but comparing, which begins again. A model too small for the
    guesses goes without.
    """
    if start is not None:
        warm_start(reader, start, anew=anew)
    if told_along(reader.model) is None:
        return
    asked = yes_or_no_lessons(gallery, _GUESSED)
    if start is None or anew:
        others = where_answers_begin(reader, other_lessons(gallery, _GUESSED // 2))
        start_answering(reader, look_at(reader, asked), others)
    if not anew:
        start_gazing(reader, asked[:_GAZED])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train omni-mini's understanding")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--out", type=Path, default=Path("runs/understanding"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--pictures", type=int, default=1200, help="to find the components from")
    parser.add_argument("--subjects", type=int, default=900, help="to find what tells them apart")
    parser.add_argument("--prompts", type=int, default=240, help="of small talk; 0: none")
    parser.add_argument("--pairs", type=int, default=2000, help="of subjects that are compared")
    parser.add_argument("--pool", type=int, default=1500, help="lessons of a kind that are made")
    parser.add_argument("--start", type=Path, help="a run this one begins with, of the same map")
    parser.add_argument("--anew", action="store_true", help="but compare as at the beginning")
    parser.add_argument(
        "--settled", action="store_true", help="go on from the start, comparing left as it is"
    )
    parser.add_argument("--texts", type=float, default=0, help="share of lessons, texts only")
    parser.add_argument("--log-every", type=int, default=20)
    return parser.parse_args()


def main() -> None:
    """Train to the end of the schedule."""
    options = _options()
    world = World(load_assets(options.assets), size=mini_config().default_image_size[0])
    fixed = open_map(
        options.out / MAP, lambda: world_map(world, options.pictures, options.subjects)
    )
    reader = open_reader(options.trunk, fixed)
    gallery = Gallery(world, options.pairs)
    if not (options.out / "state.safetensors").is_file():
        if options.settled and options.start is not None:
            warm_start(reader, options.start)
        else:
            _begin(reader, gallery, options.start, anew=options.anew)
    talk: list[Exchange] = []
    if options.prompts:
        with reader.autocast():
            talk = open_exchanges(reader, options.out / "chat.json", options.prompts)
    schedule = Schedule(options.steps, options.rate, 50, log_every=options.log_every)
    # rows and tokens are small beside a trunk's weights: at the full rate they drown in constants
    trained = reader.trainable()
    if options.settled:
        reader.settle()
    slow = [name for name in trained if not name.startswith("lora.")]
    stage = Stage(options.out, trained, schedule, slow=slow)

    def losses(step: int) -> dict[str, Tensor]:
        batch = lessons(gallery, step, options.batch, options.pool, options.texts)
        return all_losses(reader, batch, _talk_of(talk, step), Weights())

    stage.run(losses)


if __name__ == "__main__":
    main()
