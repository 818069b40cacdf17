"""The world omni-mini is trained on: seeded scenes with exact ground truth, without end.

Everything is a function of the assets and an explicit generator::

    world = World(load_assets(Path("runs/assets")))
    rng = np.random.default_rng(0)
    scene = world.scene(rng, subject=world.subject(rng), place="beach", time="night")

``python -m backbone.mini.world --preview --out world.png`` draws a sheet with every kind of data.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from backbone.mini import arrangement
from backbone.mini.assets import Assets, load_assets
from backbone.mini.light import TIMES, WEATHERS
from backbone.mini.objects import Subject, blob_subject, drawn_subject, split_of, variant
from backbone.mini.places import PLACES, Backdrop, Backdrops
from backbone.mini.scene import Layout, Placed, Scene, render
from backbone.mini.small_objects import SMALL_OBJECTS, SmallObject
from backbone.mini.words import choose
from omni_errors import InputError

__all__ = ["FAMILIES", "World"]

# How a subject is made, and how often.
FAMILIES: dict[str, float] = {"named": 0.4, "variant": 0.35, "blob": 0.25}
_PHOTO_SHARE = 0.15


class World:
    """Draws subjects and scenes from one set of assets at one picture size (pixels)."""

    def __init__(self, assets: Assets | None = None, *, size: int = 128, pool: int = 32) -> None:
        self.assets = assets if assets is not None else load_assets()
        self.size = size
        self.backdrops = Backdrops(size, self.assets.textures, self.assets.photos, pool)
        self.small = self._small_objects()
        self._worn = frozenset(item.name for item in SMALL_OBJECTS if item.worn)
        self._splits = {
            split: tuple(item for item in self.assets.objects if item.split == split)
            for split in ("train", "held_out")
        } | {"measure": self.assets.measured}
        self._surfaces = {
            split: tuple(item for item in self.assets.textures if split_of(item.name) == split)
            for split in ("train", "held_out")
        }

    def _small_objects(self) -> dict[str, Subject]:
        pictures = {item.source: item for item in self.assets.objects}
        made = {item.name: self._small(item, pictures) for item in SMALL_OBJECTS}
        return {name: subject for name, subject in made.items() if subject is not None}

    @staticmethod
    def _small(item: SmallObject, pictures: dict[str, Subject]) -> Subject | None:
        if item.shape:
            return drawn_subject(item.shape, item.colour, np.random.default_rng(3))
        found = pictures.get(f"picture:{item.picture}")
        return replace(found, name=item.name, class_word=item.name) if found else None

    @property
    def places(self) -> tuple[str, ...]:
        """Name the places."""
        return tuple(PLACES)

    def subject(self, rng: Generator, *, split: str = "train", family: str = "") -> Subject:
        """Draw a subject: a catalogue thing, another instance of one, or a nameless blob.

        Raises:
            InputError: if the split has no subjects.
        """
        known = self._splits.get(split, ())
        if not known:
            raise InputError(f"No subjects in the split {split!r}.", hint="Prepare assets first.")
        if not family:
            weights = np.cumsum(list(FAMILIES.values()))
            family = list(FAMILIES)[int(np.searchsorted(weights, rng.random() * weights[-1]))]
        if family == "blob" and split != "measure":
            return blob_subject(self._surfaces[split], rng, split)
        # Drawn shapes come in many colours; each shape counts as one thing.
        item = known[int(rng.integers(len(known)))]
        while item.source == "drawn" and self.assets.photos and rng.random() < 0.7:
            item = known[int(rng.integers(len(known)))]
        if family == "variant" and split != "measure":
            return variant(item, self._surfaces[split], rng)
        return item

    def sibling(self, subject: Subject, rng: Generator) -> Subject:
        """Draw another instance of the same class, so that class alone cannot tell them apart."""
        split = subject.split if subject.split in self._surfaces else "held_out"
        if subject.source == "blob":
            other = blob_subject(self._surfaces[split], rng, subject.split)
            return replace(other, class_word=subject.class_word)
        same = [
            item
            for item in self._splits.get(subject.split, ())
            if item.class_word == subject.class_word and item.cutout is not subject.cutout
        ]
        if same and rng.random() < 0.4:
            return same[int(rng.integers(len(same)))]
        return variant(subject, self._surfaces[split], rng)

    def absent_names(self, rng: Generator, number: int = 8) -> tuple[str, ...]:
        """Draw names of things to ask for in vain."""
        known = list(self.small)
        return tuple(known[int(i)] for i in rng.choice(len(known), number, replace=False))

    def scene(
        self,
        rng: Generator,
        *,
        subject: Subject | None = None,
        subjects: tuple[Subject, ...] = (),
        mentions: tuple[str, ...] | None = None,
        place: str | None = None,
        time: str | None = None,
        weather: str | None = None,
        small: str | None = None,
        count: int | None = None,
        others: int | None = None,
        side: str = "",
        size: str | None = None,
        split: str = "train",
    ) -> Scene:
        """Compose a scene; what is not given is drawn.

        ``subjects`` are called by ``mentions``: "<sks>" for one and "<sks1>", "<sks2>", … for
        several unless given; with no subject a named thing is drawn and has no placeholder.
        ``place`` "" is a photograph; ``small`` "" no small object.
        """
        given = (subject, *subjects) if subject is not None else subjects
        names = _mentions(len(given)) if mentions is None else mentions
        backdrop = self.backdrops.take(self._place(place, rng), rng)
        placed = self._cast(rng, given, names, backdrop, count, others, side, size, split)
        if count is None and others is None or small:
            placed += self._extra(rng, placed[0], small, crowded=len(placed) > 1)
        time, weather = self._sky(rng, backdrop, time, weather)
        tone = (float(rng.uniform(0.92, 1.08)), float(rng.uniform(0.9, 1.1)))
        return render(Layout(backdrop, placed, time, weather, int(rng.integers(2**31)), tone))

    def _place(self, place: str | None, rng: Generator) -> str:
        if place is not None:
            return place
        if self.backdrops.has_photos and rng.random() < _PHOTO_SHARE:
            return ""
        return choose(self.places, rng)

    def _cast(
        self,
        rng: Generator,
        given: tuple[Subject, ...],
        names: tuple[str, ...],
        backdrop: Backdrop,
        count: int | None,
        others: int | None,
        side: str,
        size: str | None,
        split: str,
    ) -> tuple[Placed, ...]:
        """Choose who is in the scene and where they stand."""
        main = given or (self.subject(rng, split=split, family=_naming(rng)),)
        if count is None:
            single = given or others is not None or rng.random() < 0.75
            count = 1 if single else int(rng.integers(2, 5))
        if count > 1:
            return arrangement.row(main[0], count, backdrop, rng)
        if others is None:
            others = int(rng.random() < (0.15 if given else 0.4)) if len(main) < 3 else 0
        words = {item.class_word for item in main}
        drawn = [self.subject(rng, split=split, family="named") for _ in range(others)]
        cast = main + tuple(item for item in drawn if item.class_word not in words)
        placed = arrangement.spread(cast, backdrop, rng, side=side, size=size)
        return tuple(
            replace(item, mention=names[index], role="main" if index == 0 else "other")
            if index < len(given)
            else item
            for index, item in enumerate(placed)
        )

    def _extra(
        self, rng: Generator, main: Placed, small: str | None, *, crowded: bool
    ) -> tuple[Placed, ...]:
        """Add a small object beside or on top of the main one."""
        if small == "" or (small is None and (crowded or rng.random() < 0.65)):
            return ()
        if small is not None and small not in self.small:
            raise InputError(f"Unknown small object {small!r}.", hint="See World.small.")
        name = small if small is not None else choose(list(self.small), rng)
        if self.small[name].class_word == main.subject.class_word:
            return ()
        if name in self._worn and rng.random() < 0.7 and main.foot - main.height > 0.05:
            return (arrangement.on_top(self.small[name], main, rng),)
        return (arrangement.beside(self.small[name], main, rng),)

    @staticmethod
    def _sky(
        rng: Generator, backdrop: Backdrop, time: str | None, weather: str | None
    ) -> tuple[str, str]:
        """Draw time and weather; rooms, sea and space have neither."""
        if not backdrop.place or not PLACES[backdrop.place].light:
            return "", ""
        drawn_time = TIMES[int(rng.choice(3, p=(0.6, 0.2, 0.2)))]
        drawn_weather = WEATHERS[int(rng.choice(4, p=(0.7, 0.1, 0.1, 0.1)))]
        return time if time is not None else drawn_time, (
            weather if weather is not None else drawn_weather
        )


def _naming(rng: Generator) -> str:
    """Choose a family for a scene without a placeholder: things that have a name."""
    return "named" if rng.random() < 0.75 else "variant"


def _mentions(number: int) -> tuple[str, ...]:
    if number == 1:
        return ("<sks>",)
    return tuple(f"<sks{index + 1}>" for index in range(number))


def main() -> None:
    """Draw the sheet of examples."""
    parser = argparse.ArgumentParser(description="Draw a sheet of what the world holds.")
    parser.add_argument("--preview", action="store_true", help="write the sheet (the default)")
    parser.add_argument("--assets", type=Path, help="prepared assets; without it built-in shapes")
    parser.add_argument("--out", type=Path, default=Path("world.png"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    from backbone.mini.preview import write_sheet

    write_sheet(World(load_assets(options.assets)), options.seed, options.out)
    print(options.out)


if __name__ == "__main__":
    main()
