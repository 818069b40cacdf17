"""Photos of a user's other concepts, to learn from who is not meant."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from memory.values import Concept

if TYPE_CHECKING:
    from assistant.recognising import Eyes

__all__ = ["photos_of_others"]

# own photos that the others are compared with
_COMPARED = 8
# photos of others, at most so many of each and in all
_EACH, _ALL = 4, 32


def photos_of_others(eyes: "Eyes", concept: Concept) -> Sequence[str]:
    """Return ids of photos of other concepts, those that look most like a concept first.

    A "no" to what looks nothing like it teaches little, and steps are few.
    """
    photos = eyes.memory.photos
    alike: dict[str, float] = {}
    for photo in photos.list(eyes.user, concept.id)[:_COMPARED]:
        for near in eyes.compare(eyes.stored(photo.id), photo.id):
            alike[near.concept] = max(near.similarity, alike.get(near.concept, -1.0))
    alike.pop(concept.id, None)
    # equal ones in the order they were added, so that a step done again finds the same
    order = sorted(alike, key=lambda other: (-alike[other], other))
    chosen = [one.id for other in order for one in photos.list(eyes.user, other)[:_EACH]]
    return chosen[:_ALL]
