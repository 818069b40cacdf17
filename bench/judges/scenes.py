"""Which place a picture shows, and which small thing is in it, without any model to ask.

Pictures are compared with scenes that the code composes itself: a place is that of the nearest
mean of what lies around subjects, a thing is looked for at every place of a feature map. What the
reader gets right on scenes it has not seen is measured when it is made and stands in every report.
Scenes may be shown as a model's autoencoder gives them, since what is drawn with it is as soft.

Letters: ``n`` pictures, ``T`` places of a feature map, ``D`` width, ``P`` places, ``O`` things.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator, default_rng
from PIL import Image

from backbone.mini.assets import load_assets
from backbone.mini.portraits import portrait
from backbone.mini.scene import Scene
from backbone.mini.small_objects import SMALL_OBJECTS
from backbone.mini.views import frame, subject_views
from backbone.mini.world import World
from bench.data.wording import templates
from bench.metrics.encoders import EfficientNetLite
from bench.metrics.similarity import Vectors, units
from bench.metrics.surroundings import around

__all__ = ["SceneReader", "Show", "THINGS", "as_it_is", "make_reader", "open_reader"]

THINGS = tuple(thing.name for thing in SMALL_OBJECTS if thing.shape)
_SIZE, _PER_PLACE, _PER_THING = 128, 32, 5
_SEED, _CHECKED = 20261201, 8
# share of a cell that a thing has to fill to be what the cell shows
_FILLED = 0.4
# standard deviations by which a thing stands out, and among how many at most
_CLEAR, _AMONG = 2.0, 4
# mean mark for places from which on a way of showing scenes hides nothing
_TOLD = 0.9
# scenes that are looked at first, and the least correlation of their pixels, shown, with themselves
_FIRST, _ALIKE = 6, 0.5
# how a composed scene is shown
Show = Callable[[Image.Image], Image.Image]


def as_it_is(image: Image.Image) -> Image.Image:
    """Show a scene as it was composed."""
    return image


@dataclass(frozen=True)
class _Scenes:
    """Composes scenes, and shows them."""

    world: World
    show: Show

    def place(self, rng: Generator, place: str, *, large: bool) -> Image.Image:
        """Show a subject in a place, as large as subjects are drawn, or smaller."""
        if not large:
            return self._picture(self._composed(rng, place=place, small=""))
        world = self.world
        view = subject_views(world, world.subject(rng), 1, rng, plain=True, square_of=frame)[0]
        return self._picture(portrait(world, view, rng, place, plain=True))

    def things(
        self, thing: str, rng: Generator, number: int
    ) -> Iterator[tuple[Image.Image, Vectors]]:
        """Show scenes with a thing, and say how much of each cell it fills ``[T]``."""
        places = templates()["places"]
        while number:
            scene = self._composed(rng, place=places[int(rng.integers(len(places)))], small=thing)
            if len(scene.alphas) < 2:
                # a subject of the same kind gets no such thing beside it
                continue
            alpha = np.asarray(scene.alphas[-1], np.float32) / 255
            cells = cv2.resize(alpha, (7, 7), interpolation=cv2.INTER_AREA)
            number -= 1
            yield self._picture(scene), np.asarray(cells, np.float64).reshape(-1)

    def _composed(self, rng: Generator, *, place: str | None, small: str) -> Scene:
        subject = self.world.subject(rng)
        return self.world.scene(
            rng, subject=subject, place=place, small=small, others=0, weather="clear", time="day"
        )

    def _picture(self, scene: Scene) -> Image.Image:
        return self.show(Image.fromarray(scene.image))


@dataclass(frozen=True)
class SceneReader:
    """Means of places ``[P, 2 D]`` and things ``[O, D]``, and what scores usually are.

    ``right`` gives mean marks on scenes it was not made from.
    """

    encoder: EfficientNetLite
    places: tuple[str, ...]
    place_means: Vectors
    things: tuple[str, ...]
    thing_means: Vectors
    thing_level: Vectors
    thing_spread: Vectors
    right: dict[str, float]

    def rank_places(self, image: Image.Image) -> list[str]:
        """Return all places, the likeliest first."""
        vector = around(self.encoder.maps([image]))[0]
        common = self.place_means.mean(axis=0)
        near = units(self.place_means - common) @ units(vector - common)
        return [self.places[int(n)] for n in np.argsort(-near)]

    def place_mark(self, image: Image.Image, place: str) -> float:
        """Mark how well a picture shows a place: 1 if it is the likeliest, 0.5 if the second."""
        rank = self.rank_places(image).index(place)
        return {0: 1.0, 1: 0.5}.get(rank, 0.0)

    def thing_mark(self, image: Image.Image, thing: str) -> float:
        """Mark whether a thing is in a picture: it has to stand out, and among few."""
        ranked = [name for name, _ in self.rank_things(image)]
        out = dict(self.rank_things(image))[thing]
        if out >= _CLEAR and ranked.index(thing) < _AMONG:
            return 1.0
        return 0.5 if out >= _CLEAR / 2 and ranked.index(thing) < 2 * _AMONG else 0.0

    def rank_things(self, image: Image.Image) -> list[tuple[str, float]]:
        """Return all things with how far each stands out, the likeliest first.

        The number counts standard deviations above what scenes without the thing score.
        """
        scores = _scores(self.encoder.maps([image])[0], self.thing_means)
        out = (scores - self.thing_level) / self.thing_spread
        return [(self.things[int(n)], float(out[int(n)])) for n in np.argsort(-out)]


def _scores(tokens: Vectors, means: Vectors) -> Vectors:
    """Return the best cosine ``[O]`` of cells ``[T, D]`` with each mean, less what cells share."""
    common = means.mean(axis=0)
    near: Vectors = units(tokens - common) @ units(means - common).T
    return np.asarray(near.max(axis=0))


def make_reader(encoder: EfficientNetLite, show: Show = as_it_is) -> SceneReader:
    """Compose scenes and take their means; the same every time."""
    scenes = _Scenes(World(load_assets(None), size=_SIZE, pool=8), show)
    rng = np.random.default_rng(_SEED)
    places = tuple(templates()["places"])
    place_means = np.stack([_place_mean(encoder, scenes, place, rng) for place in places])
    thing_means, maps = _thing_means(encoder, scenes, rng)
    seen = np.stack([_scores(tokens, thing_means) for _, tokens in maps])
    # scores of a thing where another one is
    level, spread = [], []
    for number, thing in enumerate(THINGS):
        others = seen[[name != thing for name, _ in maps], number]
        level.append(others.mean())
        spread.append(others.std())
    made = SceneReader(
        encoder,
        places,
        place_means,
        THINGS,
        thing_means,
        np.array(level),
        np.maximum(np.array(spread), 1e-6),
        {},
    )
    made.right.update(_check(made, scenes))
    return made


def _place_mean(encoder: EfficientNetLite, scenes: _Scenes, place: str, rng: Generator) -> Vectors:
    pictures = [scenes.place(rng, place, large=bool(n % 2)) for n in range(_PER_PLACE)]
    return np.asarray(around(encoder.maps(pictures)).mean(axis=0))


def _thing_means(
    encoder: EfficientNetLite, scenes: _Scenes, rng: Generator
) -> tuple[Vectors, list[tuple[str, Vectors]]]:
    means, maps = [], []
    for thing in THINGS:
        cells = []
        for image, filled in scenes.things(thing, rng, _PER_THING):
            tokens = encoder.maps([image])[0]
            maps.append((thing, tokens))
            most = filled >= min(_FILLED, float(filled.max()))
            cells.append(tokens[most].mean(axis=0))
        means.append(np.mean(cells, axis=0))
    return np.stack(means), maps


def _check(reader: SceneReader, scenes: _Scenes) -> dict[str, float]:
    """Read scenes that were not seen before."""
    rng = np.random.default_rng(_SEED + 1)
    places, things, absent = [], [], []
    for place in reader.places:
        for number in range(_CHECKED):
            image = scenes.place(rng, place, large=bool(number % 2))
            places.append(reader.place_mark(image, place))
            asked = reader.things[int(rng.integers(len(reader.things)))]
            absent.append(reader.thing_mark(image, asked))
    for thing in reader.things:
        for image, _ in scenes.things(thing, rng, 2):
            things.append(reader.thing_mark(image, thing))
    found = {"place": places, "thing": things, "thing that is not there": absent}
    return {name: float(np.mean(marks)) for name, marks in found.items()}


def _gives_back(show: Show) -> bool:
    """Tell at a glance whether what is shown is the scene at all: a reader takes minutes."""
    scenes = _Scenes(World(load_assets(None), size=_SIZE, pool=8), as_it_is)
    rng, places = default_rng(_SEED), list(templates()["places"])[:_FIRST]
    pictures = [scenes.place(rng, place, large=True) for place in places]
    return all(_correlation(one, show(one)) >= _ALIKE for one in pictures)


def _correlation(one: Image.Image, other: Image.Image) -> float:
    """Return how pixels go together; 0 for a picture of one colour."""
    first, second = (
        np.asarray(image.convert("RGB").resize((_SIZE, _SIZE)), np.float64).ravel()
        for image in (one, other)
    )
    return float(np.corrcoef(first, second)[0, 1]) if first.std() * second.std() else 0.0


def open_reader(encoder: EfficientNetLite, file: Path, show: Show = as_it_is) -> SceneReader:
    """Read the means from a file, making it first if it is not there.

    A model that nobody trained shows nothing; then scenes are taken as they are.
    """
    if not file.is_file():
        show = show if _gives_back(show) else as_it_is
        made = make_reader(encoder, show)
        clear = show is as_it_is or made.right["place"] >= _TOLD
        _write(made if clear else make_reader(encoder), file)
    with np.load(file, allow_pickle=False) as kept:
        right = dict(zip(kept["right_names"].tolist(), kept["right"].tolist(), strict=True))
        return SceneReader(
            encoder,
            tuple(kept["places"].tolist()),
            kept["place_means"],
            tuple(kept["things"].tolist()),
            kept["thing_means"],
            kept["thing_level"],
            kept["thing_spread"],
            right,
        )


def _write(reader: SceneReader, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    waiting = file.with_suffix(".new.npz")
    np.savez(
        waiting,
        places=_names(reader.places),
        place_means=reader.place_means,
        things=_names(reader.things),
        thing_means=reader.thing_means,
        thing_level=reader.thing_level,
        thing_spread=reader.thing_spread,
        right_names=_names(tuple(reader.right)),
        right=np.array(list(reader.right.values())),
    )
    waiting.replace(file)


def _names(names: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    return np.array(names, np.str_)
