"""A contact sheet of everything the world makes, with its text under each picture."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from backbone.mini.captions import caption, description, request
from backbone.mini.edits import EDITS, edit
from backbone.mini.episodes import Episode, recognition, who_is_this
from backbone.mini.light import TIMES, WEATHERS
from backbone.mini.objects import Subject
from backbone.mini.pixels import Bytes, paste, premultiply
from backbone.mini.questions import questions
from backbone.mini.replay_text import TEXT_KINDS, text_example
from backbone.mini.scene import Mask, Scene
from backbone.mini.shapes import crop_to_alpha
from backbone.mini.views import subject_views
from backbone.mini.world import FAMILIES, World

__all__ = ["write_sheet"]

_COLUMNS = 10
_LINE = 12
_LINES = 6
_TITLE = 22


@dataclass(frozen=True)
class _Tile:
    """A picture [S, S, 3] (None for text alone) and the text under it."""

    text: str
    image: Bytes | None = None


def _card(subject: Subject, size: int) -> Bytes:
    """Lay a cut-out on light grey."""
    card = np.full((size, size, 3), 226, np.uint8)
    patch = premultiply(crop_to_alpha(subject.cutout, size))
    paste(card, patch, (size - patch.shape[1]) // 2, (size - patch.shape[0]) // 2)
    return card


def _white(mask: Mask) -> Bytes:
    return np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)


def _marked(scene: Scene) -> Bytes:
    """Draw the box of every object."""
    image = Image.fromarray(scene.image.copy())
    pen = ImageDraw.Draw(image)
    for index in range(len(scene.objects)):
        left, top, right, bottom = scene.box(index)
        if right > left:
            pen.rectangle((left, top, right - 1, bottom - 1), outline=(255, 0, 255))
    return np.array(image)


def _places(world: World, rng: Generator) -> list[_Tile]:
    names = (*world.places, *([""] if world.backdrops.has_photos else []))
    return [_Tile(name or "(photograph)", world.backdrops.take(name, rng).image) for name in names]


def _skies(world: World, rng: Generator) -> list[_Tile]:
    subject, tiles = world.subject(rng, family="named"), []
    for time in TIMES:
        for weather in WEATHERS:
            scene = world.scene(rng, subject=subject, place="meadow", time=time, weather=weather)
            tiles.append(_Tile(f"{time}, {weather}", scene.image))
    return tiles


def _subjects(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for family in FAMILIES:
        for _ in range(6):
            subject = world.subject(rng, family=family)
            other = world.sibling(subject, rng)
            tiles.append(_Tile(f"{family}: {subject.name}", _card(subject, world.size)))
            tiles.append(_Tile(f"same class: {other.name}", _card(other, world.size)))
    return tiles


def _scenes(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for index in range(20):
        subject = world.subject(rng) if index % 2 else None
        scene = world.scene(rng, subject=subject)
        words = (caption, request, description)[index % 3]
        tiles.append(_Tile(words(scene, rng), _marked(scene) if index % 5 == 4 else scene.image))
    return tiles


def _asked(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for index in range(10):
        subject = world.subject(rng) if index % 2 else None
        scene = world.scene(rng, subject=subject)
        pairs = questions(scene, rng, world.absent_names(rng))[:3]
        tiles.append(_Tile("\n".join(f"{q.question} {q.answer}" for q in pairs), scene.image))
    return tiles


def _viewed(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for _ in range(4):
        subject = world.subject(rng)
        for view in subject_views(world, subject, 5, rng, crop_side=world.size):
            tiles += [_Tile(subject.name, view.image), _Tile("masked crop", view.crop)]
    return tiles


def _edited(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for kind in EDITS:
        for _ in range(3):
            made = edit(world, rng, kind)
            tiles.append(_Tile(f"{kind}: source", made.source))
            tiles.append(_Tile(made.instruction, made.target))
            tiles.append(_Tile("what changed", _white(made.mask)))
        tiles.append(_Tile(""))
    return tiles


def _episode_tiles(shown: Episode) -> list[_Tile]:
    """Show the views, then the picture that is asked about."""
    tiles = [
        _Tile(name, view.image)
        for name, views in zip(shown.names, shown.views, strict=True)
        for view in views
    ]
    tiles.append(_Tile(f"({shown.kind}) {shown.question} {shown.answer}", shown.image))
    return tiles + [_Tile("")] * (-len(tiles) % 5)


def _episodes(world: World, rng: Generator) -> list[_Tile]:
    tiles: list[_Tile] = []
    for index in range(8):
        tiles += _episode_tiles(recognition(world, rng, views=3, present=index % 2 == 0))
    for shown in (1, 1, 2, 2):
        tiles += _episode_tiles(who_is_this(world, rng, registered=4, shown=shown))
    return tiles


def _texts(world: World, rng: Generator) -> list[_Tile]:
    tiles = []
    for kind in TEXT_KINDS:
        for split in ("train", "test"):
            made = text_example(rng, kind, split=split, exemplars=1)
            tiles.append(_Tile(f"[{kind}, {split}]\n{made.prompt}\n=> {made.answer}"))
    return tiles


_SECTIONS = {
    "Places": _places,
    "Time of day and weather": _skies,
    "Subjects and another instance of the same class": _subjects,
    "Scenes with captions, requests and descriptions": _scenes,
    "Questions and answers": _asked,
    "Views of one subject and masked crops": _viewed,
    "Exact edits": _edited,
    "Recognition episodes": _episodes,
    "Text for knowledge replay": _texts,
}


def _wrapped(text: str, width: int) -> list[str]:
    """Break text into lines of ``width`` characters, keeping its own breaks."""
    lines = [part for line in text.split("\n") for part in textwrap.wrap(line, width) or [""]]
    return [line for line in lines if line]


def _row(tiles: list[_Tile], size: int) -> Image.Image:
    """Draw one row of tiles with its text."""
    font, chars = ImageFont.load_default(size=10), (size - 2) // 5
    texts = [_wrapped(tile.text, chars) for tile in tiles]
    pictures = any(tile.image is not None for tile in tiles)
    most = max(len(text) for text in texts)
    lines = min(most, _LINES) if pictures else most
    top = size if pictures else 0
    image = Image.new("RGB", (_COLUMNS * (size + 4), top + lines * _LINE + 8), "white")
    pen = ImageDraw.Draw(image)
    for index, (tile, text) in enumerate(zip(tiles, texts, strict=True)):
        left = index * (size + 4)
        if tile.image is not None:
            image.paste(Image.fromarray(tile.image), (left, 0))
        for number, line in enumerate(text[:lines]):
            pen.text((left, top + 1 + number * _LINE), line, fill="black", font=font)
    return image


def _title(text: str, width: int) -> Image.Image:
    image = Image.new("RGB", (width, _TITLE), (40, 60, 90))
    ImageDraw.Draw(image).text((6, 3), text, fill="white", font=ImageFont.load_default(size=14))
    return image


def write_sheet(world: World, seed: int, out: Path) -> None:
    """Write the contact sheet as a PNG."""
    strips: list[Image.Image] = []
    for number, (title, make) in enumerate(_SECTIONS.items()):
        tiles = make(world, np.random.default_rng([seed, number]))
        strips.append(_title(title, _COLUMNS * (world.size + 4)))
        rows = range(0, len(tiles), _COLUMNS)
        strips += [_row(tiles[start : start + _COLUMNS], world.size) for start in rows]
    sheet = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)), "white")
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out)
