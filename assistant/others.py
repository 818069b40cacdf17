"""Other concepts: photos that training says no to, and who has not seen a newcomer yet."""

from assistant.enrolling import INSTANT
from memory import Memory
from memory.values import Concept

__all__ = ["photos_of_others", "trained_before"]

# photos of other concepts, at most so many of each and in all
_EACH, _MOST = 4, 40


def photos_of_others(memory: Memory, user: str, concept: Concept) -> list[str]:
    """Return ids of photos of other concepts: of each, and most of those of the same class."""
    kind, found = concept.class_name.casefold(), list[tuple[int, int, str, str]]()
    others = [other for other in memory.concepts.list(user) if other.id != concept.id]
    others.sort(key=lambda other: (other.class_name.casefold() != kind, other.id))
    for other in others[:_MOST]:
        unlike = int(other.class_name.casefold() != kind)
        for number, photo in enumerate(memory.photos.list(user, other.id)[:_EACH]):
            found.append((number, unlike, other.id, photo.id))
    # the first of each, then the same class, then the others in turn
    found.sort(key=lambda one: (one[0] > 0, 1 + one[1] * one[0], *one))
    # those of the same class are told first
    chosen = sorted(found[:_MOST], key=lambda one: (one[1] * (1 + one[0]), one[2], one[3]))
    return [photo for *_, photo in chosen]


def trained_before(memory: Memory, user: str, concept: Concept) -> list[str]:
    """Name those of the same class whose tokens were trained before a concept was known.

    They were never told that it is somebody else.
    """
    kind, names = concept.class_name.casefold(), list[str]()
    for other in memory.concepts.list(user):
        if not kind or other.id == concept.id or other.class_name.casefold() != kind:
            continue
        trained = [
            one
            for one in memory.checkpoints.list(user, other.id)
            if memory.checkpoints.sidecar(user, other.id, one.version).get("recipe") != INSTANT
        ]
        since = any(one.created_at > concept.created_at for one in trained)
        names += [other.name] if any(one.active for one in trained) and not since else []
    return names
