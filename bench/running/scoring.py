"""From what a method made of an item to numbers: every encoder and judge there is, each named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from bench.data.items import Bench, Fact, Item, Subject
from bench.data.needed import needed_fact
from bench.data.pictures import open_mask, open_picture
from bench.data.questions import described, shows_face
from bench.data.wording import of_class
from bench.judges.judge import AskedAnswer, AskedEdit, AskedPicture, Judge
from bench.methods.players import Answered, Drawn, bare
from bench.metrics.bleu import character_bleu
from bench.metrics.editing import Mask, distance_outside, edit_score, flipped, ssim_outside
from bench.metrics.encoders import CLIP_NAME, ImageEncoder, TextImageEncoder, washed
from bench.metrics.faces import FaceEncoder, compare_faces
from bench.metrics.pictures import is_blank
from bench.metrics.recognition import is_right
from bench.metrics.similarity import Vectors, image_similarity, nearest, text_similarity
from bench.running.looks import Looks

__all__ = ["Scored", "Scorer"]


@dataclass(frozen=True)
class Scored:
    """The numbers of one item, and what the judges said."""

    values: dict[str, float]
    verdicts: dict[str, dict[str, Any]]


class Scorer:
    """Score the items of one subject; ``judges`` of a call are asked in place of all."""

    def __init__(
        self,
        bench: Bench,
        subject: Subject,
        encoders: Sequence[ImageEncoder],
        judges: Sequence[Judge],
        faces: FaceEncoder | None = None,
        looks: Looks | None = None,
    ) -> None:
        self.bench, self.subject = bench, subject
        self.encoders, self.judges, self.faces = encoders, judges, faces
        # scorers of other subjects have looked at the same photos
        self.looks = looks or Looks(bench)

    def _asked(self, judges: Sequence[Judge] | None) -> Sequence[Judge]:
        return self.judges if judges is None else judges

    def _photos(self) -> list[Image.Image]:
        return [open_picture(self.bench.folder, path) for path in self.subject.train]

    @cached_property
    def _references(self) -> dict[str, Vectors]:
        """Look at the photos that were learned from ``[R, D]``, with each encoder."""
        found = {encoder.name: self.looks.of(encoder, self.subject) for encoder in self.encoders}
        for encoder in self.encoders:
            if encoder.name == CLIP_NAME:
                slips = [washed(photo) for photo in self._photos()]
                found[f"{CLIP_NAME} compat"] = encoder.embed(slips)
        return found

    @cached_property
    def _faces(self) -> list[Vectors | None]:
        finder = self.faces
        return [finder.find(photo) for photo in self._photos()] if finder else []

    # answers

    def answer(self, item: Item, made: Answered, judges: Sequence[Judge] | None = None) -> Scored:
        """Score an answer in words."""
        if item.task == "rec":
            return Scored(self._recognised(item, made), {})
        if item.task == "choice":
            return Scored({"choice": float(item.answer.strip() in made.text)}, {})
        # who has no row for the name writes it without brackets, and tells no less
        reference, said = (bare(text, self.subject) for text in (item.answer, made.text))
        values = {f"{item.task} bleu": character_bleu(reference, said)}
        asked = AskedAnswer(item.text, item.answer, made.text)
        verdicts: dict[str, dict[str, Any]] = {}
        for judge in self._asked(judges):
            found = judge.answer(asked)
            verdicts[judge.name] = {"mark": found.mark, "prompt": found.prompt, "raw": found.raw}
            if found.mark is not None:
                values[f"{item.task} judge/{judge.name}"] = found.mark
        return Scored(values, verdicts)

    @staticmethod
    def _recognised(item: Item, made: Answered) -> dict[str, float]:
        label = item.here
        values = {
            "label": float(label),
            "right": float(is_right(label, made.text)),
            "right compat": float(is_right(label, made.text, "compat")),
        }
        if made.margin is not None:
            values |= {"margin": made.margin, "right margin": float((made.margin > 0) is label)}
        return values

    # pictures

    def picture(self, item: Item, made: Drawn, judges: Sequence[Judge] | None = None) -> Scored:
        """Score a drawn picture."""
        values = {f"{item.task} blank": float(is_blank(made.image))}
        values |= self._similar(item, made.image)
        if item.task == "draw" and self.subject.person and self._shows_face(item):
            values |= self._face(made.image)
        verdicts = self._agrees(item, made.image, judges) if item.task == "parg" else {}
        for name, verdict in verdicts.items():
            if verdict["mark"] is not None:
                values[f"parg judge/{name}"] = verdict["mark"]
        return Scored(values, verdicts)

    def _similar(self, item: Item, image: Image.Image) -> dict[str, float]:
        values: dict[str, float] = {}
        for encoder in self.encoders:
            vectors, name = encoder.embed([image]), encoder.name
            values[f"{item.task} image/{name}"] = image_similarity(vectors, self._references[name])
            if len(self.bench.subjects) > 1:
                whose = nearest(vectors, self.looks.means(encoder))[0]
                own = self.bench.subjects[whose].name == self.subject.name
                values[f"{item.task} own/{name}"] = float(own)
            if name == CLIP_NAME:
                values |= self._clip(item, encoder, image)
        return values

    def _clip(self, item: Item, encoder: Any, image: Image.Image) -> dict[str, float]:
        """Add CLIP-T, and both numbers as UnifyBench computes them.

        What a picture for hidden knowledge should show does not stand in its prompt.
        """
        photos = self._references[f"{CLIP_NAME} compat"]
        slip = encoder.embed([washed(image)])
        found = {f"{item.task} image/{CLIP_NAME} compat": image_similarity(slip, photos)}
        if item.task == "parg":
            return found
        asks: TextImageEncoder = encoder
        said = of_class(item.text, self.subject.mention, self.subject.class_word)
        text = asks.embed_texts([said])
        return found | {
            f"{item.task} text/{CLIP_NAME}": text_similarity(text, asks.embed([image])),
            f"{item.task} text/{CLIP_NAME} compat": text_similarity(text, slip),
        }

    @cached_property
    def _faced(self) -> set[str]:
        """Name the drawings that ask for nothing but the person, none where a bench has none.

        A firefighter on a beach may have no face to speak of, however well it was learned: other
        drawings are looked at only where there is no plain one, as in older benches.
        """
        drawn = self.bench.of(self.subject.name, "draw")
        return {item.id for item in drawn if shows_face(item, self.subject)}

    def _shows_face(self, item: Item) -> bool:
        return not self._faced or item.id in self._faced

    def _face(self, image: Image.Image) -> dict[str, float]:
        if self.faces is None:
            return {}
        found = compare_faces(self._faces, [self.faces.find(image)])
        if found is None:
            return {"faces references without": 1.0} if self._faces else {}
        values = {
            "faces without": found.made_without,
            "faces references without": found.references_without,
        }
        return values if found.similarity is None else {**values, "faces": found.similarity}

    def _agrees(
        self, item: Item, image: Image.Image, judges: Sequence[Judge] | None
    ) -> dict[str, dict[str, Any]]:
        fact = self._fact(item)
        if fact is None:
            return {}
        asked = AskedPicture(image, item.text, fact, described(self.subject))
        found = {judge.name: judge.picture(asked) for judge in self._asked(judges)}
        return {
            name: {"mark": one.mark, "prompt": one.prompt, "raw": one.raw}
            for name, one in found.items()
        }

    def _fact(self, item: Item) -> Fact | None:
        """Find what a picture is to agree with: one fact, or all that its answer tells."""
        if item.fact is not None:
            return self.subject.facts[item.fact]
        return needed_fact(item) if item.answer else None

    # edits

    def edit(
        self,
        item: Item,
        made: Drawn,
        margins: tuple[float, float] | None = None,
        judges: Sequence[Judge] | None = None,
    ) -> Scored:
        """Score an edit; ``margins`` are those of recognition before and after a removal."""
        source, target = (open_picture(self.bench.folder, p) for p in (item.image, item.target))
        mask = open_mask(self.bench.folder, item.mask, source.size)
        asked = AskedEdit(source, made.image, item.text, target, mask)
        values, verdicts = {"edit blank": float(is_blank(made.image))}, {}
        for judge in self._asked(judges):
            found = judge.edit(asked)
            verdicts[judge.name] = {
                "marks": found.marks,
                "prompt": found.prompt,
                "raw": found.raw,
            }
            if found.marks is not None:
                values |= _edit_values(judge.name, found.marks)
        values |= self._kept(source, made.image, mask)
        if margins is not None:
            turned = flipped(*margins)
            values |= {"edit margin before": margins[0], "edit margin after": margins[1]}
            values |= {} if turned is None else {"edit flip": float(turned)}
        return Scored(values, verdicts)

    def _kept(self, source: Image.Image, result: Image.Image, mask: Mask) -> dict[str, float]:
        """Compare outside the mask at the size of the result, since models differ in theirs."""
        small = Image.fromarray(mask.astype(np.uint8) * 255)
        fitted = np.asarray(small.resize(result.size, Image.Resampling.NEAREST)) > 127
        same = source.resize(result.size, Image.Resampling.LANCZOS)
        kept = ssim_outside(same, result, fitted)
        values = {} if kept is None else {"edit ssim outside": kept}
        for encoder in self.encoders:
            distance = distance_outside(encoder, same, result, fitted)
            if distance is not None:
                values[f"edit distance outside/{encoder.name}"] = distance
        return values


def _edit_values(judge: str, marks: Sequence[float]) -> Mapping[str, float]:
    score = edit_score(marks[0], marks[1], marks[2], marks[3])
    return {
        f"edit sc/{judge}": score.sc,
        f"edit pq/{judge}": score.pq,
        f"edit mean/{judge}": score.mean,
        f"edit geometric/{judge}": score.geometric,
    }
