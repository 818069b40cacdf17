"""A judge of rules: the same marks for the same things, on any machine, asking nobody.

Facts are keywords; places and small things in pictures are read by `bench.judges.scenes`; edits
are compared with their reference. It is a stand-in for a person or a large model: coarse, blind
to what no rule looks for, but never swayed by style.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.judges.claims import Claims, alike, named, of_itself, read_claims
from bench.judges.judge import AskedAnswer, AskedEdit, AskedPicture, EditVerdict, Verdict
from bench.judges.scenes import SceneReader
from bench.metrics.editing import ssim_outside
from bench.metrics.pictures import detail, is_blank
from graphs.wording import content, is_unknown, sentences

__all__ = ["RuleJudge", "keywords"]

Levels = NDArray[np.float64]
# levels from which on a picture counts as burnt out or drowned
_DARK, _BRIGHT = 3, 252


def keywords(reference: str, question: str) -> set[str]:
    """Return the stems that a right answer adds to its question."""
    return content(reference) - content(question) or content(reference)


class RuleJudge:
    """Judge by rules."""

    name = "rules"

    def __init__(self, reader: SceneReader) -> None:
        self.reader = reader

    def answer(self, asked: AskedAnswer) -> Verdict:
        """Mark the share of keywords: all 1, some 0.5, none 0.

        What denies a keyword, or names other known values of the same kind as well, gets 0, and
        so does what somebody has where it was asked what somebody is.
        """
        wanted = keywords(asked.reference, asked.question)
        first = next(iter(sentences(asked.prediction)), "")
        said = of_itself(asked.prediction, asked.question, asked.reference)
        told = read_claims("" if is_unknown(first) else said, asked.question)
        met, against = _compared(wanted, read_claims(asked.reference), told)
        others = named(alike(asked.reference)[1], told.affirmed)
        mark = 1.0 if wanted and met == wanted else 0.5 if met else 0.0
        raw = f"met: {sorted(met)}; denied: {sorted(against)}; also named: {others}"
        return Verdict(0.0 if against or others else mark, f"keywords: {sorted(wanted)}", raw)

    def picture(self, asked: AskedPicture) -> Verdict:
        """Mark whether the fact's place or thing is what the picture shows."""
        fact, image = asked.fact, asked.image
        if is_blank(image):
            return Verdict(0.0, f"{fact.kind}: {fact.value}", "the picture is blank")
        if fact.kind == "place" and fact.value in self.reader.places:
            first = ", ".join(self.reader.rank_places(image)[:3])
            mark = self.reader.place_mark(image, fact.value)
            return Verdict(mark, f"place: {fact.value}", f"read: {first}")
        if fact.kind == "object" and fact.value in self.reader.things:
            seen = ", ".join(f"{n} {out:.1f}" for n, out in self.reader.rank_things(image)[:3])
            mark = self.reader.thing_mark(image, fact.value)
            return Verdict(mark, f"thing: {fact.value}", f"read: {seen}")
        return Verdict(None, f"fact: {fact.text}", "no rule looks for it")

    def edit(self, asked: AskedEdit) -> EditVerdict:
        """Mark how far the way to the reference was gone, and what else became of the picture."""
        size = asked.result.size
        source, target = (i.convert("RGB").resize(size) for i in (asked.source, asked.target))
        small = Image.fromarray(asked.mask.astype(np.uint8) * 255)
        mask = np.asarray(small.resize(size, Image.Resampling.NEAREST)) > 127
        kept = ssim_outside(source, asked.result, mask)
        marks = (
            10 * _gone(source, asked.result, target, mask),
            10 * max(kept if kept is not None else 1.0, 0.0),
            10 * _natural(asked.result, target),
            10 * _clean(asked.result, target),
        )
        raw = "success, restraint, naturalness, cleanness: " + " ".join(f"{m:.2f}" for m in marks)
        return EditVerdict(marks, "compared with the reference", raw)


def _compared(wanted: set[str], reference: Claims, told: Claims) -> tuple[set[str], set[str]]:
    """Return the keywords that are said as the reference says them, and those said against it."""
    negative = wanted & reference.no
    positive = wanted - negative
    met = positive & told.yes | negative & told.no
    against = positive & told.no | negative & told.yes
    # "it is a ball; it is not a red ball" denies the whole
    if any(positive and positive <= set(clause) for clause in told.denied):
        against |= positive
    return met, against


def _gone(
    source: Image.Image, result: Image.Image, target: Image.Image, mask: NDArray[np.bool_]
) -> float:
    """Return the share of the way from source to reference, where it may change.

    1 is the reference, 0 the source or anything as far from the reference.
    """
    if not mask.any():
        return 0.0
    before, after, wanted = (_coarse(image)[mask] for image in (source, result, target))
    way = float(np.abs(before - wanted).mean())
    left = float(np.abs(after - wanted).mean())
    return min(max(1 - left / way, 0.0), 1.0) if way > 0 else 0.0


def _coarse(image: Image.Image) -> Levels:
    """Look at colours without fine detail, which no two pictures share."""
    small = image.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    return np.asarray(small.resize(image.size, Image.Resampling.NEAREST), np.float64)


def _natural(result: Image.Image, target: Image.Image) -> float:
    """Compare how much detail there is: mush and noise both lose."""
    ours, theirs = detail(result), detail(target)
    return min(ours, theirs) / max(ours, theirs, 1e-6)


def _clean(result: Image.Image, target: Image.Image) -> float:
    """Take away what is burnt out or drowned and is not so in the reference."""
    return 1 - max(_lost(result) - _lost(target), 0.0)


def _lost(image: Image.Image) -> float:
    levels = np.asarray(image.convert("L"))
    return float(((levels <= _DARK) | (levels >= _BRIGHT)).mean())
