"""What omni-mini makes of real subjects the moment it has seen a few photos of each.

Run ``python -m bench.subjects FOLDER``, with a folder of photos for each subject and a
``concept.json`` naming its class. Two photos of each are held out, at most half of few; rows are
written by the encoders from the rest, nothing is trained. Who has a single photo is left out.
``--pictures N`` draws N pictures of each as well.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from backbone import Backbone, ConceptTokens, ImageOptions, load
from backbone.images import flatten
from backbone.mini.scene import Mask
from backbone.reading import Reading
from learning.masks import GrabCutSegmenter
from learning.portrait import write_rows
from learning.salient import SalientSegmenter
from omni_errors import InputError

__all__ = [
    "Figure",
    "Subject",
    "askable",
    "hold_out",
    "identify",
    "introduce",
    "main",
    "margin",
    "open_subjects",
    "outline",
]
__all__ += ["photo_files", "recognise", "report", "who"]

_HELD_OUT = 2
_PLACES = ("on the beach", "in the snow", "in the forest", "on the grass", "in a kitchen")


@dataclass(frozen=True)
class Subject:
    """One subject: photos to learn from, and photos to ask about."""

    name: str
    class_word: str
    shown: tuple[Image.Image, ...]
    asked: tuple[Image.Image, ...]


@dataclass(frozen=True)
class Figure:
    """A share of right answers."""

    name: str
    value: float
    cases: int


def _note(text: str) -> None:
    print(text, file=sys.stderr)


def open_subjects(folder: Path, on_skip: Callable[[str], None] = _note) -> list[Subject]:
    """Read subjects, their photos cut to centred squares of 256 pixels.

    Raises:
        InputError: if there is none that something can be asked of.
    """
    found = []
    for place in askable(folder, on_skip):
        shown, asked = (tuple(map(_square, files)) for files in hold_out(photo_files(place)))
        word = json.loads((place / "concept.json").read_text("utf-8-sig"))["class"]
        found.append(Subject(place.name, word, shown, asked))
    return found


def askable(folder: Path, on_skip: Callable[[str], None] = _note) -> list[Path]:
    """List the folders of subjects that have a photo to learn and one to ask about.

    Raises:
        InputError: if there is none.
    """
    places = sorted(path.parent for path in folder.glob("*/concept.json"))
    kept = [place for place in places if hold_out(photo_files(place))[1]]
    if not kept:
        raise InputError(
            f"{folder} has no subject with two photos and a concept.json.",
            hint="Name a folder with a folder of photos for each subject.",
        )
    for place in (one for one in places if one not in kept):
        on_skip(f"Left out, since it has fewer than two photos: {place}")
    return kept


def hold_out(files: Sequence[Path]) -> tuple[Sequence[Path], Sequence[Path]]:
    """Split photos into those to learn from and the last ones, at most half, to ask about."""
    learned = len(files) - min(_HELD_OUT, len(files) // 2)
    return files[:learned], files[learned:]


def photo_files(place: Path) -> list[Path]:
    """List the photos of a subject's folder, the last of which are asked about."""
    return sorted(p for p in place.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))


def _square(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return ImageOps.fit(flatten(image), (256, 256), Image.Resampling.LANCZOS)


def outline(photo: Image.Image) -> Mask:
    """Outline the subject of one photo."""
    return GrabCutSegmenter().segment(photo, "").inside


@cache
def _segmenter() -> SalientSegmenter:
    return SalientSegmenter()


def introduce(model: Backbone, subject: Subject, name: str = "sks") -> ConceptTokens:
    """Write a subject's rows from its photos, as the product does."""
    masks = [mask.inside for mask in _segmenter().segment_all(subject.shown, "")]
    return write_rows(model, name, subject.shown, masks)


def margin(model: Backbone, reading: Reading, name: str) -> float:
    """Return how much likelier "Yes" is than "No" when asked whether a concept is in a photo."""
    return model.margin(reading.copy().add_text(f"Is <{name}> in this photo?"))


def recognise(model: Backbone, subjects: Sequence[Subject]) -> list[Figure]:
    """Ask about every held-out photo of everybody, by tokens alone."""
    # not a number where a subject has fewer photos than others
    most = max(len(subject.asked) for subject in subjects)
    table = np.full((len(subjects), len(subjects), most), np.nan)
    for row, subject in enumerate(subjects):
        concept = introduce(model, subject)
        for column, other in enumerate(subjects):
            for number, photo in enumerate(other.asked):
                reading = model.read([concept]).add_image(photo)
                table[row, column, number] = margin(model, reading, concept.name)
    return _figures("recognition", table)


def _figures(name: str, table: NDArray[np.float64]) -> list[Figure]:
    """Sum up margins ``[concept, subject, photo]``, nan for none; yes and no weigh the same."""
    own = np.eye(len(table), dtype=bool)
    yes, no = (margins[~np.isnan(margins)] for margins in (table[own], table[~own]))
    # does one's own photo beat everybody else's, whatever the threshold?
    above = float(np.mean(yes[:, None] > no[None]))
    return [
        Figure(f"{name}, yes", float((yes > 0).mean()), len(yes)),
        Figure(f"{name}, no", float((no <= 0).mean()), len(no)),
        Figure(f"{name}, weighted", float(((yes > 0).mean() + (no <= 0).mean()) / 2), len(no)),
        Figure(f"{name}, ranked (area)", above, len(yes)),
    ]


def who(model: Backbone, subjects: Sequence[Subject], registered: int = 10) -> list[Figure]:
    """Ask who is in each held-out photo, with so many subjects in the context.

    Once in so many words, and once by asking about each name, the likeliest being the answer.
    """
    right, cases = np.zeros(2, int), 0
    for start in range(0, len(subjects) - registered + 1, registered):
        group = subjects[start : start + registered]
        concepts = [introduce(model, s, f"sks{n + 1}") for n, s in enumerate(group)]
        introduced = model.read(concepts)
        for number, subject in enumerate(group):
            for photo in subject.asked:
                reading = introduced.copy().add_image(photo)
                open_ = reading.copy().add_text("Who is this?")
                said = model.scores(open_, [f"<{c.name}>" for c in concepts], closed=False)
                each = [margin(model, reading, c.name) for c in concepts]
                right[0] += int(np.argmax([s.log_probability for s in said])) == number
                right[1] += int(np.argmax(each)) == number
                cases += 1
    names = (f"who is this, of {registered}", f"each name asked, of {registered}")
    return [
        Figure(name, count / max(cases, 1), cases) for name, count in zip(names, right, strict=True)
    ]


def identify(
    model: Backbone, subjects: Sequence[Subject], pictures: int, out: Path | None
) -> list[Figure]:
    """Draw every subject and look whose photos the picture is nearest to."""
    means = torch.stack([_mean([model.embed_image(p) for p in s.shown]) for s in subjects])
    centre = means.mean(0)
    right, seconds, rows = 0, [], []
    for number, subject in enumerate(subjects):
        concept, row = introduce(model, subject), [subject.shown[0]]
        for place in _PLACES[:pictures]:
            start = time.perf_counter()
            prompt = f"a photo of <sks> {place}"
            made = model.generate(prompt, concepts=[concept], options=ImageOptions(seed=0)).image
            seconds.append(time.perf_counter() - start)
            near = torch.nn.functional.cosine_similarity(
                (model.embed_image(made) - centre)[None], means - centre
            )
            right += int(near.argmax()) == number
            row.append(made)
        rows.append(row)
    if out is not None:
        _page(rows).save(out)
    cases = len(subjects) * pictures
    return [
        Figure("drawn subject is itself", right / cases, cases),
        Figure("seconds a picture, median", float(np.median(seconds)), cases),
    ]


def _mean(vectors: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(vectors)).mean(0)


def _page(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    sheet = Image.new("RGB", (130 * len(rows[0]), 130 * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(picture.resize((128, 128)), (130 * x, 130 * y))
    return sheet


def report(figures: Sequence[Figure], file: Path | None) -> None:
    """Print figures, and write them as JSON if there is a file."""
    for figure in figures:
        print(f"{figure.name:36} {figure.value:.3f}  of {figure.cases}")
    if file:
        file.write_text(json.dumps([asdict(figure) for figure in figures], indent=1), "utf-8")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure omni-mini on real subjects, untrained")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--pictures", type=int, default=0, choices=range(len(_PLACES) + 1))
    parser.add_argument("--sheet", type=Path, help="where the page of pictures goes")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    model, subjects = load(options.model), open_subjects(options.folder)
    figures = [*recognise(model, subjects), *who(model, subjects)]
    if options.pictures:
        figures += identify(model, subjects, options.pictures, options.sheet)
    report(figures, options.json)


if __name__ == "__main__":
    main()
