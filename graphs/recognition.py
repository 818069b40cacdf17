"""Who is in a photo: evidence from the nearest photos and from the model's yes or no."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphs.options import RecognitionOptions
from graphs.ports import Known, Photos, Recogniser

__all__ = ["Evidence", "evidence", "who"]


@dataclass(frozen=True)
class Evidence:
    """What speaks for a concept: log p(yes) - log p(no), and the nearest photo's cosine."""

    concept: str
    name: str
    margin: float
    similarity: float
    sure: bool

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def evidence(
    image: str,
    known: Sequence[Known],
    photos: Photos,
    recogniser: Recogniser,
    options: RecognitionOptions,
) -> list[Evidence]:
    """Ask the model about the concepts with the nearest photos; the surest come first."""
    by_id = {concept.id: concept for concept in known}
    near = [n for n in photos.nearest(image, options.candidates) if n.concept in by_id]
    found = []
    for one in near[: options.candidates]:
        margin = recogniser.margin(one.concept, image)
        sure = margin > options.margin and one.similarity >= options.similarity
        name = by_id[one.concept].name
        found.append(Evidence(one.concept, name, margin, one.similarity, sure))
    return sorted(found, key=lambda e: (not e.sure, -e.margin, -e.similarity))


def who(found: Sequence[Evidence], *, several: bool = False) -> list[Evidence]:
    """Return the surest concept, or all sure ones; nobody passes if none is."""
    sure = [one for one in found if one.sure]
    return sure if several else sure[:1]
