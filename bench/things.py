"""Small things beside real subjects: drawn with them, and added to photos of them.

Run ``python -m bench.things FOLDER``, with folders of photos as for ``bench.subjects``. A thing
counts as there where the bench's reader of scenes finds it; that reader has seen composed scenes
as the model's autoencoder gives them, and is right on them in the share that it prints. What is
added is judged by its colour as well, a blot like the thing itself. The seed is 0 and nothing is
picked.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from backbone import Backbone, ConceptTokens, ImageOptions, load
from backbone.adding import add_drawn
from backbone.mini.sheet import page
from bench.judges.scenes import THINGS, SceneReader, make_reader
from bench.metrics.added import added_colour
from bench.metrics.encoders import EfficientNetLite
from bench.subjects import Figure, Subject, introduce, open_subjects, report

__all__ = ["add", "draw", "lay", "main"]

# with where they are drawn; without, before a plain wall
_THINGS = {
    "red umbrella": "",
    "blue ball": " on the beach",
    "yellow duck": " in the snow",
    "red car": " in the garden",
    "white cup": " in the kitchen",
    "green bottle": "",
    "red heart": "",
    "orange pumpkin": "",
    "brown basket": "",
    "red book": "",
}
_SIZE, _OPTIONS = 128, ImageOptions(seed=0)
# pictures, a photo first; whether the reader finds the thing; whether what is new has its colour
Row = tuple[list[Image.Image], list[bool], list[bool]]


def draw(model: Backbone, subject: Subject, concept: ConceptTokens, reader: SceneReader) -> Row:
    """Draw a subject with each thing, of which no colour is told."""
    made = [
        model.generate(f"a photo of <sks> with a {t}{w}", concepts=[concept], options=_OPTIONS)
        for t, w in _THINGS.items()
    ]
    images = [one.image for one in made]
    found = [reader.thing_mark(i, t) == 1 for i, t in zip(images, _THINGS, strict=True)]
    return [subject.shown[0].resize((_SIZE, _SIZE)), *images], found, []


def add(model: Backbone, subject: Subject, concept: ConceptTokens, reader: SceneReader) -> Row:
    """Add each thing to a photo, where it has to stand out more than before."""
    return _added(model, subject, concept, reader, drawn=False)


def lay(model: Backbone, subject: Subject, concept: ConceptTokens, reader: SceneReader) -> Row:
    """Add each thing to a photo as `omni` does: as it is drawn, where the edit puts it."""
    return _added(model, subject, concept, reader, drawn=True)


def _added(
    model: Backbone, subject: Subject, concept: ConceptTokens, reader: SceneReader, *, drawn: bool
) -> Row:
    photo = subject.asked[0].resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
    before, images = dict(reader.rank_things(photo)), [photo]
    found, coloured = list[bool](), list[bool]()
    for thing in _THINGS:
        text = f"Add a {thing} next to <sks>."
        picture = model.edit(photo, text, concepts=[concept], options=_OPTIONS)
        if drawn:
            picture = add_drawn(model, photo, picture, f"a {thing}", concept, _OPTIONS)
        made = picture.image
        more = dict(reader.rank_things(made))[thing] > before[thing]
        found.append(more and reader.thing_mark(made, thing) == 1)
        coloured.append(added_colour(photo, made) == thing.split()[0])
        images.append(made)
    return images, found, coloured


def _figures(name: str, rows: Sequence[Row]) -> list[Figure]:
    found = [one for _, each, _ in rows for one in each]
    coloured = [one for _, _, each in rows for one in each]
    made = [Figure(f"small thing {name}", float(np.mean(found)), len(found))]
    if coloured:
        right = float(np.mean(coloured))
        made.append(Figure(f"small thing {name}: the colour is right", right, len(coloured)))
    return made


def main() -> None:
    """Measure, print and write the pages."""
    parser = argparse.ArgumentParser(description="Look for small things that omni-mini makes")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--pages", type=Path, help="where pages of the pictures go")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    model, subjects = load(options.model), open_subjects(options.folder)
    reader = make_reader(EfficientNetLite(), model.painter.reconstruct)
    concepts = [introduce(model, subject) for subject in subjects]
    figures = [Figure("the reader, composed scenes", reader.right["thing"], 2 * len(THINGS))]
    for name, make in (("drawn", draw), ("added", add), ("added as omni does", lay)):
        rows = [make(model, s, c, reader) for s, c in zip(subjects, concepts, strict=True)]
        figures += _figures(name, rows)
        if options.pages:
            options.pages.mkdir(parents=True, exist_ok=True)
            file = options.pages / f"{name.replace(' ', '-')}.jpg"
            page([images for images, _, _ in rows]).save(file, quality=88)
    report(figures, options.json)


if __name__ == "__main__":
    main()
