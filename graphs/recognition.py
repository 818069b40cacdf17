"""Who is in a photo: the nearest photos decide, and the model's yes or no has a say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphs.options import RecognitionOptions
from graphs.ports import Known, Photos, Recogniser

__all__ = ["Evidence", "decide", "evidence", "in_doubt", "strength", "who"]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a concept: its nearest photo, by cosine, and log p(yes) - log p(no).

    ``margin`` is None where the model was not asked, because nothing it says could matter.
    """

    concept: str
    name: str
    margin: float | None
    similarity: float
    strength: float
    sure: bool
    photo: str = ""
    parts: Mapping[str, float] | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {**asdict(self), "parts": dict(self.parts or {})}


def strength(similarity: float, margin: float | None, options: RecognitionOptions) -> float:
    """Join both kinds of evidence into one number."""
    most = options.most_margin
    return similarity + options.margin_weight * max(-most, min(most, margin or 0.0))


def in_doubt(similarities: Mapping[str, float], options: RecognitionOptions) -> tuple[str, ...]:
    """Name the concepts whose standing the model's opinion can change."""
    reach = options.margin_weight * options.most_margin
    found = []
    for one, value in similarities.items():
        rival = max((v for c, v in similarities.items() if c != one), default=-1.0) - options.behind
        no = value + reach < max(options.strength, rival - reach)
        yes = value - reach >= max(options.strength, rival + reach)
        if reach and not no and not yes:
            found.append(one)
    return tuple(found)


def decide(strengths: Mapping[str, float], options: RecognitionOptions) -> dict[str, bool]:
    """Tell of each concept whether it is shown: strong enough, and hardly behind the strongest."""
    best = max(strengths.values(), default=0.0)
    limit = max(options.strength, best - options.behind)
    return {concept: value >= limit for concept, value in strengths.items()}


def evidence(
    image: str,
    known: Sequence[Known],
    photos: Photos,
    recogniser: Recogniser,
    options: RecognitionOptions,
    asked: Sequence[str] = (),
) -> list[Evidence]:
    """Weigh the concepts with the nearest photos, and those ``asked`` about; surest first."""
    names = {concept.id: concept.name for concept in known}
    # those that are asked about however far they are
    nearest = [one for one in photos.nearest(image, len(known)) if one.concept in names]
    rest = [one for one in nearest[options.candidates :] if one.concept in asked]
    near = {one.concept: one for one in (*nearest[: options.candidates], *rest)}
    similarities = {concept: one.similarity for concept, one in near.items()}
    doubtful = [one for one in in_doubt(similarities, options) if not asked or one in asked]
    margins = {concept: recogniser.margin(concept, image) for concept in doubtful}
    strengths = {c: strength(s, margins.get(c), options) for c, s in similarities.items()}
    sure = decide(strengths, options)
    found = [
        Evidence(
            c, names[c], margins.get(c), s, strengths[c], sure[c], near[c].photo, near[c].parts
        )
        for c, s in similarities.items()
    ]
    return sorted(found, key=lambda e: (not e.sure, -e.strength))


def who(found: Sequence[Evidence], *, several: bool = False) -> list[Evidence]:
    """Return the surest concept, or all sure ones; nobody passes if none is."""
    sure = [one for one in found if one.sure]
    return sure if several else sure[:1]
