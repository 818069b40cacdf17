"""What omni-mini draws and edits of real subjects, counted without a judge, and two pages of it.

Run ``python -m bench.drawings FOLDER``, with folders of photos as for ``bench.subjects``. Places
are told apart by a classifier trained on scenes the code composes; subjects by whose photos a
picture is nearest to; an edit by that classifier, by its colour, by how far the thing that was
asked for stands out, or by the model's own recognition. All have one seed, and nothing is picked.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression

from backbone import Backbone, ConceptTokens, ImageOptions, Picture, load
from backbone.adding import add_drawn
from backbone.mini.assets import load_assets
from backbone.mini.colours import COLOURS
from backbone.mini.pixels import Bytes
from backbone.mini.places import PLACES
from backbone.mini.portraits import portrait
from backbone.mini.sheet import page
from backbone.mini.views import frame, subject_views
from backbone.mini.world import World
from backbone.removal import remove_again
from bench.data.wording import templates
from bench.judges.scenes import SceneReader, Show, make_reader
from bench.metrics.added import added_colour
from bench.metrics.editing import ssim_outside
from bench.metrics.encoders import EfficientNetLite
from bench.metrics.surroundings import around
from bench.subjects import Figure, Subject, introduce, margin, open_subjects, outline, report

__all__ = ["Judges", "main", "mean_look", "nearest_look", "open_judges"]

_SEED, _SIZE = 20261203, 128
_PER_PLACE, _CHECKED = 120, 30
_PROMPTS = (
    "a photo of <sks> on the beach",
    "<sks> in the snow",
    "a picture of <sks> in the forest",
    "a photo of <sks> in the kitchen",
    "<sks> on the road at night",
    "a photo of <sks> in the garden with a red umbrella",
)
_ADDED = "red umbrella"
_COLOURS = ("red", "blue", "green", "yellow")


@dataclass(frozen=True)
class Judges:
    """What says which place a picture shows, and what is in it; ``right`` on unseen scenes."""

    encoder: EfficientNetLite
    places: tuple[str, ...]
    classifier: LogisticRegression
    things: SceneReader
    right: float

    def place(self, image: Image.Image) -> str:
        """Name the place of a picture."""
        number = self.classifier.predict(around(self.encoder.maps([image])))[0]
        return self.places[int(number)]


def open_judges(assets: Path | None, show: Show) -> Judges:
    """Train the classifier of places on composed scenes, and check it on others.

    Half of them show a subject as large as it is drawn. They are shown as the model's autoencoder
    gives them: drawings are as soft, and what is soft looks like a desert to who never saw it.
    """
    encoder, world = EfficientNetLite(), World(load_assets(assets), size=_SIZE)
    places = tuple(templates()["places"])
    sets = [_scenes(encoder, world, places, count, show) for count in (_PER_PLACE, _CHECKED)]
    classifier = LogisticRegression(C=30.0, max_iter=400).fit(*sets[0])
    right = float(classifier.score(*sets[1]))
    return Judges(encoder, places, classifier, make_reader(encoder, show), right)


def _scenes(
    encoder: EfficientNetLite, world: World, places: Sequence[str], count: int, show: Show
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    rng = np.random.default_rng([_SEED, count])
    numbers = np.repeat(np.arange(len(places)), count)
    images = [
        show(Image.fromarray(_scene(world, rng, places[int(n)], large=bool(at % 2))))
        for at, n in enumerate(numbers)
    ]
    return around(encoder.maps(images)), numbers


def _scene(world: World, rng: np.random.Generator, place: str, *, large: bool) -> Bytes:
    subject = world.subject(rng)
    if not large:
        return world.scene(rng, subject=subject, place=place).image
    view = subject_views(world, subject, 1, rng, plain=True, square_of=frame)[0]
    return portrait(world, view, rng, place).image


def drawn(
    model: Backbone,
    subjects: Sequence[Subject],
    concepts: Sequence[ConceptTokens],
    judges: Judges,
    options: ImageOptions,
) -> list[Figure]:
    """Draw every subject in every place."""
    means = mean_look(model, subjects)
    placed = itself = 0
    seconds = []
    for number, concept in enumerate(concepts):
        for place in judges.places:
            start = time.perf_counter()
            prompt = f"a photo of <sks> {PLACES[place].phrases[0]}"
            made = model.generate(prompt, concepts=[concept], options=options).image
            seconds.append(time.perf_counter() - start)
            placed += judges.place(made) == place
            itself += nearest_look(model, made, means) == number
    cases = len(subjects) * len(judges.places)
    return [
        Figure("the place is right", placed / cases, cases),
        Figure("drawn subject is itself", itself / cases, cases),
        Figure("seconds a picture, median", float(np.median(seconds)), cases),
    ]


def mean_look(model: Backbone, subjects: Sequence[Subject]) -> torch.Tensor:
    """Average what the photos of each subject look like ``[s, D]``."""
    looks = [[model.embed_image(photo) for photo in subject.shown] for subject in subjects]
    return torch.stack([torch.stack(mine).mean(0) for mine in looks])


def nearest_look(model: Backbone, image: Image.Image, means: torch.Tensor) -> int:
    """Say whose photos a picture is nearest to, what all have in common left out."""
    centre = means.mean(0)
    here = model.embed_image(image) - centre
    return int(torch.nn.functional.cosine_similarity(here[None], means - centre).argmax())


@dataclass(frozen=True)
class Edited:
    """The edits of one photo, which of them are right, and what else is counted."""

    images: tuple[Image.Image, ...]
    right: dict[str, bool]
    # structural similarity outside the mask after the removal, and after removing again
    kept: tuple[float | None, ...]
    # is the subject recognised before anything is removed?
    known: bool


def edit(
    model: Backbone,
    subject: Subject,
    concept: ConceptTokens,
    judges: Judges,
    options: ImageOptions,
) -> Edited:
    """Remove the subject of a photo, move it, put a thing beside it, paint it; remove it again."""
    photo = subject.asked[0].resize((_SIZE, _SIZE), Image.Resampling.LANCZOS)
    mask = outline(subject.asked[0])
    small = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize((_SIZE, _SIZE))) > 127
    place = judges.place(photo)
    target = "beach" if place != "beach" else "snow"
    colour = _other_colour(photo, small)
    asked = (
        f"remove <sks>: {subject.class_word} from the photo",
        f"Change the background so that <sks> is {PLACES[target].phrases[0]}.",
        f"Add a {_ADDED} next to <sks>.",
        f"Paint <sks> {colour}.",
    )
    pictures = [model.edit(photo, text, concepts=[concept], options=options) for text in asked]
    made = tuple(picture.image for picture in pictures)
    before, after = (_margin(model, concept, image) for image in (photo, made[0]))
    again = _removed(model, concept, pictures[0], asked[0], options)
    laid = add_drawn(model, photo, pictures[2], f"a {_ADDED}", concept, options).image
    right = {
        "removal: no longer recognised": after <= 0,
        "removal, again while it is seen: no longer recognised": _margin(model, concept, again)
        <= 0,
        "background: the place is right": judges.place(made[1]) == target,
        "add: the thing stands out": _stands_out(judges.things, photo, made[2]),
        "add, as it is drawn: the thing stands out": _stands_out(judges.things, photo, laid),
        "add: the colour is right": added_colour(photo, made[2]) == _ADDED.split()[0],
        "add, as it is drawn: the colour is right": added_colour(photo, laid) == _ADDED.split()[0],
        "recolour: the colour is right": _colour(made[3], small) == colour,
    }
    kept = tuple(ssim_outside(photo, image, small) for image in (made[0], again))
    return Edited((*made, again, laid), right, kept, before > 0)


def _removed(
    model: Backbone,
    concept: ConceptTokens,
    made: Picture,
    text: str,
    options: ImageOptions,
) -> Image.Image:
    """Remove a subject from what came of its removal, as `omni` does while the model sees it."""

    def edit(image: Image.Image) -> Picture:
        return model.edit(image, text, concepts=[concept], options=options)

    return remove_again(made, edit, lambda image: _margin(model, concept, image) > 0).image


def _margin(model: Backbone, concept: ConceptTokens, image: Image.Image) -> float:
    return margin(model, model.read([concept]).add_image(image), concept.name)


def _stands_out(reader: SceneReader, source: Image.Image, result: Image.Image) -> bool:
    before, after = (dict(reader.rank_things(image))[_ADDED] for image in (source, result))
    return reader.thing_mark(result, _ADDED) > 0 and after > before


def _colour(image: Image.Image, mask: NDArray[np.bool_]) -> str:
    """Name the colour the mean of a mask's pixels is nearest to, of those that are asked for."""
    mean = np.asarray(image.convert("RGB"), np.float64)[mask].mean(axis=0)
    return min(_COLOURS, key=lambda name: float(np.square(mean - COLOURS[name]).sum()))


def _other_colour(image: Image.Image, mask: NDArray[np.bool_]) -> str:
    was = _colour(image, mask)
    return _COLOURS[(_COLOURS.index(was) + 1) % len(_COLOURS)]


def edited(results: Sequence[Edited]) -> list[Figure]:
    """Sum up edits; only who was recognised before can be recognised no longer."""
    figures = []
    for name in results[0].right:
        counted = [r for r in results if r.known or not name.startswith("removal")]
        share = float(np.mean([r.right[name] for r in counted])) if counted else 0.0
        figures.append(Figure(name, share, len(counted)))
    for number, name in enumerate(("removal", "removal, again while it is seen")):
        kept = [one for r in results if (one := r.kept[number]) is not None]
        figures.append(Figure(f"{name}: SSIM outside the mask", float(np.mean(kept)), len(kept)))
    return figures


def prompts_page(
    model: Backbone,
    subjects: Sequence[Subject],
    concepts: Sequence[ConceptTokens],
    options: ImageOptions,
) -> Image.Image:
    """Draw every subject after six prompts; a photo of it stands first."""
    rows = []
    for subject, concept in zip(subjects, concepts, strict=True):
        made = [
            model.generate(p, concepts=[concept], options=options).image.resize((_SIZE, _SIZE))
            for p in _PROMPTS
        ]
        rows.append([subject.shown[0].resize((_SIZE, _SIZE)), *made])
    return page(rows)


def main() -> None:
    """Measure, print and write the pages."""
    parser = argparse.ArgumentParser(description="Measure omni-mini's pictures of real subjects")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--assets", type=Path, help="the world's; without, its built-in shapes")
    parser.add_argument("--pages", type=Path, help="where prompts.jpg and edits.jpg go")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of every picture")
    given = parser.parse_args()
    model, subjects = load(given.model), open_subjects(given.folder)
    options = ImageOptions(seed=given.seed)
    judges = open_judges(given.assets, model.painter.reconstruct)
    concepts = [introduce(model, subject) for subject in subjects]
    results = [edit(model, s, c, judges, options) for s, c in zip(subjects, concepts, strict=True)]
    if given.pages:
        given.pages.mkdir(parents=True, exist_ok=True)
        prompts_page(model, subjects, concepts, options).save(
            given.pages / "prompts.jpg", quality=88
        )
        rows = [
            [s.asked[0].resize((_SIZE, _SIZE)), *r.images]
            for s, r in zip(subjects, results, strict=True)
        ]
        page(rows).save(given.pages / "edits.jpg", quality=88)
    figures = [Figure("classifier of places, unseen scenes", judges.right, 12 * _CHECKED)]
    figures += [*drawn(model, subjects, concepts, judges, options), *edited(results)]
    report(figures, given.json)


if __name__ == "__main__":
    main()
