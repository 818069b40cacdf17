"""What omni-mini makes of real subjects the moment it has seen a few photos of each.

Run ``python -m bench.subjects FOLDER``, with a folder of photos for each subject and a
``concept.json`` naming its class. Two photos of each are held out; rows are written by the
encoders from the rest, nothing is trained. ``--pictures N`` draws N pictures of each as well.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from backbone import Backbone, ConceptTokens, ImageOptions, load
from backbone.images import flatten
from backbone.mini.scene import Mask
from backbone.mini.sheet import cut_out

__all__ = ["Subject", "identify", "main", "open_subjects", "recognise", "who"]

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


def open_subjects(folder: Path) -> list[Subject]:
    """Read subjects, their photos cut to centred squares of 256 pixels."""
    found = []
    for place in sorted(path.parent for path in folder.glob("*/concept.json")):
        files = sorted(p for p in place.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
        photos = [_square(file) for file in files]
        word = json.loads((place / "concept.json").read_text("utf8"))["class"]
        shown, asked = tuple(photos[:-_HELD_OUT]), tuple(photos[-_HELD_OUT:])
        found.append(Subject(place.name, word, shown, asked))
    return found


def _square(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return ImageOps.fit(flatten(image), (256, 256), Image.Resampling.LANCZOS)


def introduce(model: Backbone, subject: Subject, name: str = "sks") -> ConceptTokens:
    """Write a subject's rows from its photos."""
    masks: list[Mask] = [cut_out(np.asarray(photo)) for photo in subject.shown]
    return model.write_concept(name, subject.shown, masks)


def margin(model: Backbone, concept: ConceptTokens, photo: Image.Image) -> float:
    """Return how much likelier "Yes" is than "No" when asked whether a concept is in a photo."""
    reading = model.read([concept]).add_image(photo)
    reading.add_text(f"Is <{concept.name}> in this photo?")
    scores = [model.score(reading, word, closed=False).log_probability for word in ("Yes", "No")]
    return scores[0] - scores[1]


def recognise(model: Backbone, subjects: Sequence[Subject]) -> list[Figure]:
    """Ask about every held-out photo of everybody; yes and no weigh the same."""
    table = np.zeros((len(subjects), len(subjects), _HELD_OUT))
    for row, subject in enumerate(subjects):
        concept = introduce(model, subject)
        for column, other in enumerate(subjects):
            table[row, column] = [margin(model, concept, photo) for photo in other.asked]
    own = np.eye(len(subjects), dtype=bool)
    yes, no = table[own].ravel(), table[~own].ravel()
    # does one's own photo beat everybody else's, whatever the threshold?
    above = float(np.mean(yes[:, None] > no[None]))
    return [
        Figure("recognition, yes", float((yes > 0).mean()), len(yes)),
        Figure("recognition, no", float((no <= 0).mean()), len(no)),
        Figure("recognition, weighted", float(((yes > 0).mean() + (no <= 0).mean()) / 2), len(no)),
        Figure("recognition, ranked (area)", above, len(yes)),
    ]


def who(model: Backbone, subjects: Sequence[Subject], registered: int = 10) -> Figure:
    """Ask who is in each held-out photo, with so many subjects in the context."""
    right = cases = 0
    for start in range(0, len(subjects) - registered + 1, registered):
        group = subjects[start : start + registered]
        concepts = [introduce(model, s, f"sks{n + 1}") for n, s in enumerate(group)]
        for number, subject in enumerate(group):
            for photo in subject.asked:
                reading = model.read(concepts).add_image(photo).add_text("Who is this?")
                scores = [
                    model.score(reading, f"<{concept.name}>", closed=False).log_probability
                    for concept in concepts
                ]
                right += int(np.argmax(scores)) == number
                cases += 1
    return Figure(f"who is this, of {registered}", right / max(cases, 1), cases)


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
    figures = [*recognise(model, subjects), who(model, subjects)]
    if options.pictures:
        figures += identify(model, subjects, options.pictures, options.sheet)
    for figure in figures:
        print(f"{figure.name:30} {figure.value:.3f}  of {figure.cases}")
    if options.json:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=1))


if __name__ == "__main__":
    main()
