"""Other concepts: photos that training says no to, and who has not seen a newcomer yet."""

from assistant.enrolling import INSTANT
from memory import Memory
from memory.values import Concept

__all__ = ["photos_of_others", "trained_before"]

# photos of other concepts, at most so many of each and in all
_EACH, _MOST = 4, 40


def photos_of_others(memory: Memory, user: str, concept: Concept) -> list[str]:
    """Return ids of photos of other concepts: those of the same class, then of each in turn.

    So of many concepts each is seen, and those most like it most often.
    """
    kind, found = concept.class_name.casefold(), list[tuple[int, str, str]]()
    others = [other for other in memory.concepts.list(user) if other.id != concept.id]
    others.sort(key=lambda other: (other.class_name.casefold() != kind, other.id))
    for other in others[:_MOST]:
        turns = 0 if other.class_name.casefold() == kind else 1
        for number, photo in enumerate(memory.photos.list(user, other.id)[:_EACH]):
            found.append((turns * (number + 1), other.id, photo.id))
    return [photo for _, _, photo in sorted(found)][:_MOST]


def trained_before(memory: Memory, user: str, concept: Concept) -> list[str]:
    """Name those of the same class whose tokens were trained before a concept was known.

    They were never told that it is somebody else.
    """
    kind, names = concept.class_name.casefold(), list[str]()
    for other in memory.concepts.list(user):
        if not kind or other.id == concept.id or other.class_name.casefold() != kind:
            continue
        active = memory.checkpoints.active(user, other.id)
        if active is None or active.created_at > concept.created_at:
            continue
        sidecar = memory.checkpoints.sidecar(user, other.id, active.version)
        names += [other.name] if sidecar.get("recipe") != INSTANT else []
    return names
