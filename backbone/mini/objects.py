"""Subjects: cut-outs with a name, a class, a colour and the split they belong to.

One catalogue entry gives unlimited instances of its class: recoloured, covered with a texture.
Same class, different instance is what recognition has to tell apart.
"""

import hashlib
from dataclasses import dataclass, replace

from numpy.random import Generator

from backbone.mini.colours import COLOURS, colour_of, hue_shifted, tinted
from backbone.mini.pixels import Bytes
from backbone.mini.shapes import SHAPES, blob, draw_shape, filled
from backbone.mini.small_objects import BASES
from backbone.mini.textures import Texture

__all__ = [
    "Subject",
    "blob_subject",
    "drawn_subject",
    "drawn_subjects",
    "held_out",
    "split_of",
    "variant",
]

_CLEAR = 0.55
_BLOB_WORDS = ("thing", "object", "toy", "figure")


@dataclass(frozen=True)
class Subject:
    """A thing that can stand in a scene.

    ``cutout`` is RGBA [h, w, 4]; ``class_word`` is the noun ("apple"), ``category`` the kind of
    thing ("food"); ``colour`` is its main colour, ``clear`` says that one colour dominates.
    """

    name: str
    class_word: str
    category: str
    cutout: Bytes
    colour: str
    clear: bool
    split: str = "train"
    source: str = "drawn"
    flips: bool = True


def held_out(name: str) -> bool:
    """Keep about 8 % of all names for measuring, by their hash; small objects stay in."""
    return name not in BASES and hashlib.sha256(name.lower().encode()).digest()[0] < 21


def split_of(name: str) -> str:
    """Say whether a name is for training or kept for measuring."""
    return "held_out" if held_out(name) else "train"


def _repainted(subject: Subject, cutout: Bytes, source: str) -> Subject:
    """Give a subject other pixels; its name becomes colour and class."""
    colour, share = colour_of(cutout)
    clear = share >= _CLEAR
    name = f"{colour} {subject.class_word}" if clear else subject.class_word
    return replace(subject, name=name, cutout=cutout, colour=colour, clear=clear, source=source)


def drawn_subject(shape: str, colour: str, rng: Generator) -> Subject:
    """Draw one of the built-in shapes."""
    return Subject(
        name=f"{colour} {shape}",
        class_word=shape,
        category=SHAPES[shape]["category"],
        cutout=draw_shape(shape, colour, rng),
        colour=colour,
        clear=True,
        split=split_of(shape),
    )


def drawn_subjects(rng: Generator) -> tuple[Subject, ...]:
    """Draw every built-in shape in every colour it comes in."""
    return tuple(
        drawn_subject(shape, colour, rng)
        for shape, entry in SHAPES.items()
        for colour in entry["colours"]
    )


def blob_subject(textures: tuple[Texture, ...], rng: Generator, split: str = "train") -> Subject:
    """Make up a nameless thing from textures of one split."""
    chosen = tuple(item for item in textures if split_of(item.name) == split) or textures
    cutout = blob(chosen, rng)
    colour, share = colour_of(cutout)
    word = _BLOB_WORDS[int(rng.integers(len(_BLOB_WORDS)))]
    clear = share >= _CLEAR
    name = f"{colour} {word}" if clear else f"strange {word}"
    return Subject(name, word, "thing", cutout, colour, clear, split, "blob")


def variant(subject: Subject, textures: tuple[Texture, ...], rng: Generator) -> Subject:
    """Make another instance of the same class: other hue, other paint or other surface."""
    way = rng.random()
    grey = subject.colour in ("black", "white", "grey", "brown")
    if way < 0.35 and not grey:
        turn = int(rng.integers(25, 155))
        return _repainted(subject, hue_shifted(subject.cutout, turn), "recoloured")
    if way < 0.6:
        others = [name for name in COLOURS if name != subject.colour]
        paint = others[int(rng.integers(len(others)))]
        return _repainted(subject, tinted(subject.cutout, paint, rng), "recoloured")
    texture = textures[int(rng.integers(len(textures)))]
    return _repainted(subject, filled(subject.cutout, texture, rng), "textured")
