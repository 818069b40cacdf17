"""Look-alikes are what training says no to."""

from pathlib import Path

from assistant import Assistant
from assistant.lookalikes import photos_of_others
from tests.assistant.conftest import paint


def test_those_that_look_most_alike_come_first(known: Assistant, photos: Path) -> None:
    paint(1, 7).save(photos / "twin.png")
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    known.concepts.add([photos / "twin.png"], name="Twin", class_name="cup")
    maeve, *others = (
        known.memory.concepts.get(known.user, name) for name in ("Maeve", "Twin", "Rex")
    )
    found = photos_of_others(known.eyes, maeve)
    of = [photo.id for one in others for photo in known.memory.photos.list(known.user, one.id)]
    assert list(found) == of


def test_a_concept_that_is_alone_has_no_others(assistant: Assistant, photos: Path) -> None:
    only = assistant.concepts.add([photos / "maeve"], name="Maeve", class_name="dog").concept
    assert photos_of_others(assistant.eyes, only) == []
